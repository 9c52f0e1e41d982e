"""The partners' file: what it lets in, and what it refuses at the start instead of letting nobody or everybody in."""

from pathlib import Path

import pytest

from schemas.partners import KINDS, BadPartners, Partner, read_partners
from schemas.records.base import World
from schemas.topics import topic

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the one of the Standard Webhooks documents
ROW = f"""
[[partner]]
id = "fire"
name = "消防"
municipalities = ["14205"]
token_sha256 = "{"AB" * 32}"
kafka = true

[partner.webhook]
url = "https://fire.example.jp/sonae"
kinds = ["orders"]
secrets = ["{SECRET}"]
"""
PLAIN = "[[partner]]\nid='a'\nname='a'\nmunicipalities=['*']\n"
HOOK = f"{PLAIN}[partner.webhook]\n"


def written(folder: Path, text: str) -> Path:
    """A partners' file."""
    file = folder / "partners.toml"
    file.write_text(text, encoding="utf8")
    return file


def test_a_partner_may_have_three_ways(tmp_path: Path) -> None:
    """A token, Kafka, a webhook; drills only for who asked; and no secret in what a log line would show."""
    (partner,) = read_partners(written(tmp_path, ROW))
    assert partner.token_sha256 == "ab" * 32
    assert partner.kafka
    assert partner.worlds == {World.ACTUAL}
    assert partner.kinds == set(KINDS)
    assert partner.webhook is not None
    assert partner.webhook.kinds == {"orders"}
    assert [len(key) for key in partner.webhook.keys] == [24]
    assert "MfKQ" not in repr(partner)
    assert str(partner.webhook.keys[0]) not in repr(partner)


def test_partners_follow_only_what_centres_read() -> None:
    """Their kinds are rows of topics.toml with the reader `centres`; reports name officers and stay in the house."""
    assert all("centres" in topic(kind).readers for kind in KINDS)
    assert "reports" not in KINDS


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("[[partner]]\nid = 'a'", "name"),
        (PLAIN, "no way in"),
        (f"{PLAIN}token_sha256='short'", "64 hex digits"),
        (f"{PLAIN}kafka=true\nkinds=['secrets']", "secrets does not exist"),
        (f"{PLAIN}kafka=true\nworlds=['mars']", "mars"),
        (f"{PLAIN}kafka=true\n{PLAIN}kafka=true", "twice"),
        (PLAIN.replace("id='a'", "id='A b'") + "kafka=true", "lower-case"),
        (PLAIN.replace("*", "Fujisawa") + "kafka=true", "5-digit"),
        (f"{HOOK}url='ftp://x.jp/'\nsecrets=['{SECRET}']", "https"),
        (f"{HOOK}url='https://a:b@x.jp/'\nsecrets=['{SECRET}']", "https"),
        (f"{HOOK}url='https://x.jp/'\nsecrets=[]", "unsigned"),
        (f"{HOOK}url='https://x.jp/'\nsecrets=['whsec_AAAA']", "24 to 64"),
        (f"{HOOK}url='https://x.jp/'\nsecrets=['not-a-secret']", "24 to 64"),
        (f"kinds=['orders']\n{HOOK}", "kinds"),
        ("not toml", "TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused(rows: str, says: str, tmp_path: Path) -> None:
    """With the file's name and what to change."""
    if rows.startswith("kinds"):
        rows = (
            f"{PLAIN}kinds=['orders']\n[partner.webhook]\nurl='https://x.jp/'\nkinds=['readings']\nsecrets=['{SECRET}']"
        )
    with pytest.raises(BadPartners, match=says) as raised:
        read_partners(written(tmp_path, rows))
    assert "partners.toml" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_partner_says_nothing_of_its_keys() -> None:
    """What a stack trace shows of it."""
    assert "token" not in repr(Partner("a", "a", None, frozenset(), frozenset(), token_sha256="ab"))
