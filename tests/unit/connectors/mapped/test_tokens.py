"""Who may push: hashes in a file, compared in constant time."""

import hashlib
from pathlib import Path

import pytest

from connectors.mapped.tokens import Tokens, load_tokens
from connectors.rows import BadFeeds

TOKEN = "9f2c7d1e5b8a4c3d9f2c7d1e5b8a4c3d"
HASH = hashlib.sha256(TOKEN.encode()).hexdigest()


def test_a_token_opens_its_own_source_only() -> None:
    """With the scheme Bearer, however that is written."""
    tokens = Tokens({"city": ("0" * 64, HASH)})
    assert tokens.opens("city", f"Bearer {TOKEN}")
    assert tokens.opens("city", f"bearer {TOKEN}")
    for header in ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {HASH}", "Bearer \udcff"):
        assert not tokens.opens("city", header)
    assert not tokens.opens("other", f"Bearer {TOKEN}")


def test_a_short_token_opens_nothing() -> None:
    """Even if somebody wrote its hash into the file: it can be guessed."""
    assert not Tokens({"city": (hashlib.sha256(b"1234").hexdigest(),)}).opens("city", "Bearer 1234")


def test_the_hash_of_nothing_is_refused(tmp_path: Path) -> None:
    """Published: SHA-256 of the empty text, as sha256sum prints it where a variable was never set."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    file = tmp_path / "tokens.toml"
    file.write_text(f'city = ["{HASH}", "{empty}"]', encoding="utf8")
    with pytest.raises(BadFeeds, match=r"was \$TOKEN set"):
        load_tokens(file)
    assert not Tokens({"city": (empty,)}).opens("city", "Bearer ")


def test_without_a_file_nobody_may_push() -> None:
    """No default token."""
    assert not load_tokens(None).opens("city", f"Bearer {TOKEN}")


def test_a_file_of_hashes(tmp_path: Path) -> None:
    """A token itself in it is refused, and not repeated in the message."""
    file = tmp_path / "tokens.toml"
    file.write_text(f'city = ["{HASH}"]', encoding="utf8")
    assert load_tokens(file).opens("city", f"Bearer {TOKEN}")
    for wrong in (f'city = ["{TOKEN}"]', f'city = "{HASH}"', "city = ["):
        file.write_text(wrong, encoding="utf8")
        with pytest.raises(BadFeeds) as refused:
            load_tokens(file)
        assert TOKEN not in str(refused.value)
