"""Which offsets may be committed when jobs end in any order: those before the first that is not done. Pure."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Part = TypeVar("Part")


@dataclass(slots=True)
class _Line:
    open: dict[int, bool] = field(default_factory=dict)  # offset → done, in the order taken
    committable: int | None = None


class Offsets(Generic[Part]):
    """Jobs taken and done, per partition."""

    def __init__(self) -> None:
        self._lines: dict[Part, _Line] = {}

    def took(self, part: Part, offset: int) -> None:
        """A job was taken from the topic; offsets of a partition come in rising order."""
        self._lines.setdefault(part, _Line()).open[offset] = False

    def done(self, part: Part, offset: int) -> None:
        """A job is done. One of a partition that was taken away meanwhile is somebody else's now."""
        line = self._lines.get(part)
        if line is None or offset not in line.open:
            return
        line.open[offset] = True
        while line.open and line.open[first := next(iter(line.open))]:
            del line.open[first]
            line.committable = first + 1

    def forget(self, part: Part) -> None:
        """The partition was taken away."""
        self._lines.pop(part, None)

    def commit(self) -> dict[Part, int]:
        """The next offset to read per partition that moved since the last call."""
        moved = {part: line.committable for part, line in self._lines.items() if line.committable is not None}
        for part in moved:
            self._lines[part].committable = None
        return moved
