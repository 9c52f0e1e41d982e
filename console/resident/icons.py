"""The page's icon as PNG, drawn from the same shapes as icon.svg: iOS takes no SVG for the Home Screen."""

import math
import struct
import zlib
from functools import cache
from itertools import pairwise

BLUE, WHITE, GOLD = (11, 61, 102), (255, 255, 255), (255, 211, 77)
Colour = tuple[int, int, int]
Point = tuple[float, float]

STROKE = 5.0
"""Of the wave and the arrow, in the 64 units of the SVG's side."""


def _curve(start: Point, control: tuple[Point, Point], end: Point, pieces: int = 12) -> list[Point]:
    """A cubic Bézier curve as a chain of points."""
    points = []
    for step in range(pieces + 1):
        t = step / pieces
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        both = (start, *control, end)
        points.append((sum(w * p[0] for w, p in zip(weights, both, strict=True)),
                       sum(w * p[1] for w, p in zip(weights, both, strict=True))))  # fmt: skip
    return points


WAVE = [*_curve((8, 40), ((16, 32), (24, 32)), (32, 40)), *_curve((32, 40), ((40, 48), (48, 48)), (56, 40))]
_NEAR: list[list[tuple[Point, Point]]] = [
    [side for side in pairwise(WAVE) if abs(side[0][0] - unit) < 6] for unit in range(65)
]
"""The sides of the wave that can matter at each unit from left to right."""

ARROW = ([(32.0, 10.0), (32.0, 26.0)], [(22.0, 20.0), (32.0, 10.0), (42.0, 20.0)])


@cache
def icon(size: int, inset: float = 0.0) -> bytes:
    """A square PNG of `size` pixels; `inset` is the share left free on each side, for icons that a launcher crops."""
    rows = (_row(y, size, inset) for y in range(size))
    return _png(size, b"".join(rows), colour_type=2)


@cache
def badge(size: int) -> bytes:
    """White on nothing: what Android puts into the status bar."""
    white = bytes(WHITE)
    rows = (
        b"\x00" + b"".join(white + bytes((round(255 * _drawn(x, y, size, 0.0)[0]),)) for x in range(size))
        for y in range(size)
    )
    return _png(size, b"".join(rows), colour_type=6)


def _row(y: int, size: int, inset: float) -> bytes:
    height = (y + 0.5 - size * inset) * 64 / (size * (1 - 2 * inset))
    if not 7 < height < 50:
        return b"\x00" + bytes(BLUE) * size
    return b"\x00" + b"".join(bytes(_colour(x, y, size, inset)) for x in range(size))


def _colour(x: int, y: int, size: int, inset: float) -> Colour:
    share, colour = _drawn(x, y, size, inset)
    if not share:
        return BLUE
    mixed = [round(over * share + under * (1 - share)) for over, under in zip(colour, BLUE, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def _drawn(x: int, y: int, size: int, inset: float) -> tuple[float, Colour]:
    """How much of a pixel is drawn over, and in which colour."""
    scale = 64 / (size * (1 - 2 * inset))
    at = ((x + 0.5 - size * inset) * scale, (y + 0.5 - size * inset) * scale)
    if at[1] < 30:
        beside = abs(at[0] - 32) > 14 or at[1] < 7
        return 0.0 if beside else max(_cover(_distance(at, line), scale) for line in ARROW), GOLD
    near = _NEAR[round(at[0])] if 0 <= at[0] <= 64 else []
    if not any(abs(side[0][1] - at[1]) < 6 for side in near):
        return 0.0, WHITE
    return _cover(min(_to_side(at, *side) for side in near), scale), WHITE


def _cover(distance: float, pixel: float) -> float:
    return min(max((STROKE / 2 - distance) / pixel + 0.5, 0.0), 1.0)


def _distance(at: Point, line: list[Point]) -> float:
    return min(_to_side(at, a, b) for a, b in pairwise(line))


def _to_side(at: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = min(max(((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(at[0] - a[0] - share * dx, at[1] - a[1] - share * dy)


def _png(size: int, raw: bytes, colour_type: int) -> bytes:
    head = struct.pack(">IIBBBBB", size, size, 8, colour_type, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
