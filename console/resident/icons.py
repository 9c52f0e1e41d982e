"""The page's icon as PNG, drawn from the same shapes as icon.svg: iOS takes no SVG for the Home Screen."""

import math
import struct
import zlib
from functools import cache
from itertools import pairwise, product

BLUE, WHITE, GOLD = (11, 61, 102), (255, 255, 255), (255, 211, 77)
Point = tuple[float, float]
Piece = tuple[Point, Point]

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
SHAFT, HEAD = [(32.0, 10.0), (32.0, 26.0)], [(22.0, 20.0), (32.0, 10.0), (42.0, 20.0)]
DRAWN = ((list(pairwise(WAVE)), WHITE), ([*pairwise(SHAFT), *pairwise(HEAD)], GOLD))


@cache
def icon(size: int, inset: float = 0.0) -> bytes:
    """A square PNG of `size` pixels; `inset` is the share left free on each side, for icons that a launcher crops."""
    rows = [bytearray(BLUE * size) for _ in range(size)]
    for pieces, colour in DRAWN:
        for (x, y), share in _covered(size, inset, pieces).items():
            mixed = (round(over * share + under * (1 - share)) for over, under in zip(colour, BLUE, strict=True))
            rows[y][3 * x : 3 * x + 3] = bytes(mixed)
    return _png(size, rows, colour_type=2)


@cache
def badge(size: int) -> bytes:
    """White on nothing: what Android puts into the status bar."""
    rows = [bytearray((*WHITE, 0) * size) for _ in range(size)]
    for pieces, _ in DRAWN:
        for (x, y), share in _covered(size, 0.0, pieces).items():
            rows[y][4 * x + 3] = round(255 * share)
    return _png(size, rows, colour_type=6)


def _covered(size: int, inset: float, pieces: list[Piece]) -> dict[tuple[int, int], float]:
    """How much of each pixel a stroke covers; only those beside it are looked at, as most of an icon is empty."""
    pixel, free = 64 / (size * (1 - 2 * inset)), size * inset
    reach = (STROKE + pixel) / 2
    nearest: dict[tuple[int, int], float] = {}
    for a, b in pieces:
        columns, rows = (_beside(a[axis], b[axis], reach, pixel, free, size) for axis in (0, 1))
        for x, y in product(columns, rows):
            away = _to_side(((x + 0.5 - free) * pixel, (y + 0.5 - free) * pixel), a, b)
            if away < nearest.get((x, y), reach):
                nearest[x, y] = away
    return {at: min((reach - away) / pixel, 1.0) for at, away in nearest.items()}


def _beside(start: float, end: float, reach: float, pixel: float, free: float, size: int) -> range:
    """The columns (or rows) of pixels within reach of a piece that lies between these units."""
    first, last = ((unit / pixel + free) for unit in (min(start, end) - reach, max(start, end) + reach))
    return range(max(0, math.floor(first)), min(size, math.ceil(last)))


def _to_side(at: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = min(max(((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(at[0] - a[0] - share * dx, at[1] - a[1] - share * dy)


def _png(size: int, rows: list[bytearray], colour_type: int) -> bytes:
    raw = b"".join(b"\x00" + row for row in rows)
    head = struct.pack(">IIBBBBB", size, size, 8, colour_type, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
