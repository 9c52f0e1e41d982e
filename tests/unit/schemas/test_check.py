"""`python -m schemas check`: what must not be released, and who is named to move first."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from schemas.check import compare, findings
from schemas.codec import AVRO_FOLDER
from schemas.topics import topic

ORDER = json.loads((AVRO_FOLDER / "order.v1.avsc").read_text(encoding="utf8"))
ROWS = [topic("orders")]


def test_what_is_released_now_is_sound() -> None:
    """Every record says what its newest schema says, and every version is read."""
    assert [finding.text for finding in findings() if finding.fatal] == []


def test_a_field_with_a_default_lets_readers_move_first() -> None:
    """Programs are named, from the topic's row."""
    (finding,) = compare("Order", {1: ORDER, 2: with_field(default="")}, ROWS)
    assert not finding.fatal
    assert finding.text.startswith("Order v1 to v2: readers first (centres, console, notifier), then writers (decide)")


def test_what_old_readers_could_not_read_must_not_be_released() -> None:
    """FULL_TRANSITIVE: a new symbol without a default would be unreadable for a partner who has not moved."""
    more = copy.deepcopy(ORDER)
    world = next(field for field in more["fields"] if field["name"] == "world")
    world["type"]["symbols"].append("rehearsal")
    (finding,) = compare("Order", {1: ORDER, 2: more}, ROWS)
    assert finding.fatal
    assert "readers that stay behind (centres, console, notifier) could not read it: world" in finding.text


def test_a_field_without_a_default_would_lose_what_is_kept() -> None:
    """Orders are kept for ever: a reader that cannot read the old ones must not be released."""
    (finding,) = compare("Order", {1: ORDER, 2: with_field()}, ROWS)
    assert finding.fatal
    assert "would need writers first (decide)" in finding.text
    assert "shelter" in finding.text


def test_a_changed_type_needs_a_new_topic() -> None:
    """Neither side can move."""
    changed = copy.deepcopy(ORDER)
    changed["fields"][1]["type"] = "string"
    (finding,) = compare("Order", {1: ORDER, 2: changed}, ROWS)
    assert finding.fatal
    assert "neither can move" in finding.text
    assert "revision: another type (long is written, string is expected)" in finding.text


def test_every_pair_of_versions_is_compared() -> None:
    """Version 3 must read version 1 as well: both lie in the topic."""
    versions = {1: ORDER, 2: with_field(default=""), 3: with_field(default="")}
    assert [finding.text.split(":")[0] for finding in compare("Order", versions, ROWS)] == [
        "Order v1 to v2",
        "Order v1 to v3",
        "Order v2 to v3",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the released schemas, to break."""
    return Path(shutil.copytree(AVRO_FOLDER, tmp_path / "avro"))


def test_a_released_file_that_was_edited_is_found(folder: Path) -> None:
    """A field added in place instead of in a new version."""
    (folder / "order.v1.avsc").write_text(json.dumps(with_field(default="")))
    assert "Order: the record and order.v1.avsc differ; a new field needs a new version" in fatal(folder)


def test_a_record_without_a_file_is_found(folder: Path) -> None:
    """It could never be decoded."""
    (folder / "tick.v1.avsc").unlink()
    assert "Tick: no schema file; write tick.v1.avsc" in fatal(folder)


def test_a_version_that_was_skipped_is_found(folder: Path) -> None:
    """What was released as version 2 must still be there."""
    (folder / "tick.v1.avsc").rename(folder / "tick.v3.avsc")
    assert any("Tick: versions [3]" in text for text in fatal(folder))


def test_a_version_that_only_explains_better_is_found(folder: Path) -> None:
    """Its id would be that of the version before it."""
    shutil.copy(folder / "tick.v1.avsc", folder / "tick.v2.avsc")
    assert any("Tick: two versions have one id" in text for text in fatal(folder))


def fatal(folder: Path) -> list[str]:
    """What must not be released, in words."""
    return [finding.text for finding in findings(folder) if finding.fatal]


def with_field(**field: Any) -> dict[str, Any]:
    """Order with one field more at its end."""
    fields = [*ORDER["fields"], {"name": "shelter", "type": "string", **field}]
    return {**ORDER, "fields": fields}
