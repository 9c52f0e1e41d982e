"""A folder into which files are laid: taken once, when they are finished, and never touched."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from connectors.mapped.cursor import MappedCursor, read_cursor
from connectors.mapped.drop import MAX_FILES, Drop
from connectors.source import Failed, New, Result, Unchanged
from schemas.records.base import Origin
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, ROW

LONG_AGO = 1_700_000_000


def lay(folder: Path, name: str, body: bytes, changed_at: float = LONG_AGO) -> Path:
    """A file that was finished at this time."""
    file = folder / name
    file.write_bytes(body)
    os.utime(file, (changed_at, changed_at))
    return file


class Watched:
    """A folder, the route that watches it, and the cursor between polls."""

    def __init__(self, folder: Path, max_bytes: int = 1000) -> None:
        self.row = replace(ROW, id="drop", kind="mapped", url=f"file://{folder}", max_bytes=max_bytes, deadline_s=10)
        self.cursor = MappedCursor()
        self.drop = Drop(self.row, Origin.REPLAY)

    def poll(self) -> Result:
        """One look; the cursor moves as if everything was acknowledged."""
        result = asyncio.run(self.drop.poll(self.cursor, Written({}), AT))
        if not isinstance(result, Failed):
            self.cursor = read_cursor(result.cursor)
        return result

    def settled(self) -> Result:
        """Two looks: what has not changed between them is finished."""
        self.poll()
        return self.poll()


def bodies(result: Result) -> list[bytes]:
    """What was taken."""
    return [payload.body for payload in result.payloads] if isinstance(result, New) else []


def test_a_finished_file_is_taken_once_and_left_where_it_is(tmp_path: Path) -> None:
    """Its name is in the address, with blanks and all."""
    file = lay(tmp_path, "雨量 1.csv", b"a")
    watched = Watched(tmp_path)
    result = watched.settled()
    assert bodies(result) == [b"a"]
    assert isinstance(result, New)
    assert result.payloads[0].url == f"file://{tmp_path}/%E9%9B%A8%E9%87%8F%201.csv"
    assert isinstance(watched.poll(), Unchanged)
    assert file.read_bytes() == b"a"
    assert file.stat().st_mtime == LONG_AGO


def test_a_file_that_still_changes_is_waited_for(tmp_path: Path) -> None:
    """Half a number is a wrong number."""
    watched = Watched(tmp_path)
    lay(tmp_path, "a.csv", b"half")
    assert bodies(watched.poll()) == []
    lay(tmp_path, "a.csv", b"half and ")
    assert bodies(watched.poll()) == []
    lay(tmp_path, "a.csv", b"half and half")
    assert bodies(watched.poll()) == []
    assert bodies(watched.poll()) == [b"half and half"]


def test_a_file_written_just_now_is_waited_for_though_it_looks_the_same(tmp_path: Path) -> None:
    """A writer may pause between two looks."""
    watched = Watched(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"half")
    assert bodies(watched.settled()) == []


def test_a_clock_that_runs_ahead_holds_nothing_up(tmp_path: Path) -> None:
    """The time of change of another machine."""
    lay(tmp_path, "a.csv", b"a", changed_at=4_000_000_000)
    assert bodies(Watched(tmp_path).settled()) == [b"a"]


def test_a_changed_file_is_taken_again_and_a_copied_one_is_not(tmp_path: Path) -> None:
    """Content decides, not the name."""
    watched = Watched(tmp_path)
    lay(tmp_path, "a.csv", b"a")
    watched.settled()
    lay(tmp_path, "copy.csv", b"a")
    lay(tmp_path, "a.csv", b"b", changed_at=LONG_AGO + 60)
    assert bodies(watched.settled()) == [b"b"]
    lay(tmp_path, "a.csv", b"b", changed_at=LONG_AGO + 120)
    assert bodies(watched.settled()) == []


def test_after_a_restart_nothing_is_taken_twice(tmp_path: Path) -> None:
    """The cursor knows."""
    lay(tmp_path, "a.csv", b"a")
    before = Watched(tmp_path)
    before.settled()
    after = Watched(tmp_path)
    after.cursor = before.cursor
    lay(tmp_path, "b.csv", b"b")
    assert bodies(after.settled()) == [b"b"]


def test_hidden_unfinished_and_linked_files_are_left_alone(tmp_path: Path) -> None:
    """A link may lead to /etc/passwd; a pipe may never end."""
    secret = lay(tmp_path.parent, "secret", b"root:x")
    lay(tmp_path, ".hidden.csv", b"x")
    lay(tmp_path, "a.csv.part", b"x")
    lay(tmp_path, "b.csv.TMP", b"x")
    (tmp_path / "link.csv").symlink_to(secret)
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    lay(tmp_path, "good.csv", b"good")
    assert bodies(Watched(tmp_path).settled()) == [b"good"]


def test_a_file_that_is_too_large_is_told_once(tmp_path: Path) -> None:
    """And holds up no other."""
    lay(tmp_path, "large.csv", b"x" * 1001)
    lay(tmp_path, "small.csv", b"s")
    watched = Watched(tmp_path)
    result = watched.settled()
    assert bodies(result) == [b"s"]
    assert isinstance(result, New)
    assert [(miss.key, miss.reason, miss.given_up) for miss in result.missed] == [("large.csv", "too_large", True)]
    assert watched.poll() == Unchanged(watched.poll().cursor)  # type: ignore[union-attr]  # neither fails here


def test_many_files_come_oldest_first_and_a_few_at_a_time(tmp_path: Path) -> None:
    """The order in which they were written is the order of the river."""
    for number in range(MAX_FILES + 3):
        lay(tmp_path, f"{99 - number}.csv", str(number).encode(), changed_at=LONG_AGO + number)
    watched = Watched(tmp_path)
    first = watched.settled()
    assert isinstance(first, New)
    assert first.waiting == 3
    assert bodies(first) + bodies(watched.poll()) == [str(number).encode() for number in range(MAX_FILES + 3)]


def test_a_folder_that_is_not_there_is_a_failed_poll(tmp_path: Path) -> None:
    """An unmounted share is not an empty one."""
    result = Watched(tmp_path / "nowhere").poll()
    assert isinstance(result, Failed)
    assert "create it" in result.text
