"""Accounts come from a read-only file, and every mistake in it is named."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from console.officers import BadOfficers, Role, load_officers

HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("夜は長い")
GOOD = f"""
[[officer]]
id = "sato"
name = "佐藤"
municipalities = ["14205", "14206"]
roles = ["author", "approver"]
password_hash = "{HASH}"

[[officer]]
id = "tanaka"
name = "田中"
municipalities = ["14206"]
roles = ["approver"]
password_hash = "{HASH}"
"""


def written(folder: Path, text: str) -> Path:
    """The file."""
    path = folder / "officers.toml"
    path.write_text(text, encoding="utf8")
    return path


def test_who_may_do_what_where(tmp_path: Path) -> None:
    """Approvers of a town hall, by name; an id that left the file reads as itself."""
    officers = load_officers(written(tmp_path, GOOD))
    assert [o.id for o in officers.of("14206", Role.APPROVER)] == ["sato", "tanaka"]
    assert [o.id for o in officers.of("14206", Role.AUTHOR)] == ["sato"]
    assert [o.id for o in officers.of("14205")] == ["sato"]
    assert (officers.name("tanaka"), officers.name("left"), officers.name(None)) == ("田中", "left", "—")


def test_passwords(tmp_path: Path) -> None:
    """Right, wrong, and of nobody. A hash tells how slow it is: those here are quick, ours (hash_password) are not."""
    officers = load_officers(written(tmp_path, GOOD))
    found = officers.check("sato", "夜は長い")
    assert found is not None
    assert found.id == "sato"
    assert officers.check("sato", "夜は短い") is None
    assert officers.check("nobody", "夜は長い") is None


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("[[officer]\n", "officers.toml"),
        (GOOD.replace('"approver"]', '"boss"]'), "boss"),
        (GOOD.replace(HASH, "plain"), "no argon2"),
        (GOOD.replace('"tanaka"', '"sato"'), "share one id"),
        (GOOD.replace('name = "田中"\n', ""), "name"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, broken: str, says: str) -> None:
    """One sentence with the place."""
    with pytest.raises(BadOfficers, match=says):
        load_officers(written(tmp_path, broken))
