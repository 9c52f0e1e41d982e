"""The map of a registry's ids: absent by default, and never half."""

from pathlib import Path

import pytest

from schemas.registry_map import BadMap, load_map


def test_without_a_map_there_is_nothing_to_know() -> None:
    """No registry is the default."""
    assert load_map(None) == {}


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"1": null}', "\xff"])
def test_a_broken_map_says_what_to_do(tmp_path: Path, text: str) -> None:
    """The program does not start with half a map."""
    (tmp_path / "ids.json").write_text(text, encoding="latin1")
    with pytest.raises(BadMap, match="schemas sync"):
        load_map(tmp_path / "ids.json")


def test_a_missing_map_says_what_to_do(tmp_path: Path) -> None:
    """The same for a file that is not there."""
    with pytest.raises(BadMap, match="schemas sync"):
        load_map(tmp_path / "none.json")
