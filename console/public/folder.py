"""The folder of public pages: one writer, whole files only, and nothing good is ever taken back.

A reader of the folder sees a file as it was or as it is, never a part: each is written beside its place, brought to
the disk, and then renamed over the old one.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schemas.public_paths import folder
from schemas.records.base import World

LOCK = ".publisher"


class Emptier(RuntimeError):
    """What would be written knows less than what is published: the good pages stay, and a person must look."""


class Busy(RuntimeError):
    """Another publisher writes here."""


class Folder:
    """Writes files below `root`. What already stands there with the same bytes is left alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stands: dict[str, bytes] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for the length of a block; raises Busy while another process does (flock: one machine)."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / LOCK).open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(f"another publisher writes to {self._root}") from error
            yield

    def published(self, world: World) -> dict[str, int]:
        """The orders that have a page, with the revision it shows. Raises Emptier for a file that cannot be read."""
        found = (self._root / folder(world) / "orders").glob("*.json")
        return {path.stem: _revision(path) for path in sorted(found)}

    def put(self, files: Mapping[str, bytes]) -> int:
        """Bring these files to the disk in this order; returns how many were new or changed."""
        changed = [path for path, content in files.items() if not self._stands_already(path, content)]
        beside = {path: _beside(self._root / path, files[path]) for path in changed}
        for path in changed:
            _flush(beside[path], os.O_RDONLY)
        for path in changed:
            beside[path].replace(self._root / path)
            self._stands[path] = _digest(files[path])
        for inside in {(self._root / path).parent for path in changed}:
            _flush(inside, os.O_RDONLY | os.O_DIRECTORY)
        return len(changed)

    def offer(self, path: str, content: bytes) -> bool:
        """Bring a file that another role may write, too, to the disk; False: one stands there already, and stays."""
        return not (self._root / path).exists() and self.put({path: content}) == 1

    def _stands_already(self, path: str, content: bytes) -> bool:
        if path not in self._stands:
            try:
                self._stands[path] = _digest((self._root / path).read_bytes())
            except OSError:
                return False
        return self._stands[path] == _digest(content)


def check_nothing_is_taken_back(published: Mapping[str, int], known: Mapping[str, int], world: World) -> None:
    """Raises Emptier unless every published order is known, at its published revision or a newer one."""
    lost = [order for order, revision in published.items() if known.get(order, 0) < revision]
    if lost:
        raise Emptier(
            f"{len(lost)} of {len(published)} published orders of the world {world} are missing or older in the "
            f"topics (first: {lost[0]}): the pages stay as they are. If the topics are really new, give "
            "SONAE_PUBLIC_DIR a new folder"
        )


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _beside(path: Path, content: bytes) -> Path:
    """The new file, next to its place. All are written before the first is waited for: the disk takes them together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    return new


def _flush(path: Path, how: int) -> None:
    opened = os.open(path, how)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _revision(path: Path) -> int:
    try:
        found: Any = json.loads(path.read_bytes())
        return int(found["revision"])
    except (ValueError, KeyError, TypeError) as error:
        raise Emptier(f"{path} is published but cannot be read ({error}): look at it, then remove it") from error
