"""警戒レベル: official colours and names, and which order a level means."""

import pytest

from schemas.levels import DRILL_MARK, HAZARD_WORDS, LEVELS, ORDER_WORDS, Level, level_of, order_type_of
from schemas.records.base import Hazard, OrderType, World


def test_official_colours() -> None:
    """Cabinet Office, 2020-05-29: 12,0,12 · 170,0,170 · 255,40,0 · 242,231,0 · white."""
    rgb = {5: (12, 0, 12), 4: (170, 0, 170), 3: (255, 40, 0), 2: (242, 231, 0), 1: (255, 255, 255)}
    assert {number: _rgb(LEVELS[number].color) for number in rgb} == rgb


@pytest.mark.parametrize("level", LEVELS.values(), ids=lambda level: str(level.number))
def test_words_are_readable_on_their_colour(level: Level) -> None:
    """At least 4.5 : 1 between text and ground (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(level.color), _luminance(level.text_color)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("level", "hazard", "order_type"),
    [
        (None, Hazard.FLOOD, None),
        (0, Hazard.FLOOD, None),
        (2, Hazard.LANDSLIDE, None),
        (3, Hazard.FLOOD, OrderType.ELDERLY_EVACUATION),
        (4, Hazard.LANDSLIDE, OrderType.EVACUATION_ORDER),
        (5, Hazard.STORM_SURGE, OrderType.EMERGENCY_SAFETY),
        (None, Hazard.TSUNAMI, OrderType.TSUNAMI_EVACUATION),
        (5, Hazard.TSUNAMI, OrderType.TSUNAMI_EVACUATION),
        (3, Hazard.TSUNAMI, OrderType.ELDERLY_EVACUATION),
        (5, Hazard.STORM, None),
        (4, Hazard.WAVE, None),
        (5, Hazard.SNOW, None),
    ],
)
def test_which_order_a_level_means(level: int | None, hazard: Hazard, order_type: OrderType | None) -> None:
    """Below 3 none; tsunami without a number; wind, waves and snow never call for evacuation by level."""
    assert order_type_of(level, hazard) == order_type


def test_an_order_has_the_level_it_came_from() -> None:
    """3, 4, 5, and no number for a tsunami."""
    assert [level_of(order_type) for order_type in OrderType] == [3, 4, 5, None]


def test_everything_has_words_in_two_languages() -> None:
    """No order type or hazard reaches a screen as a code."""
    assert set(ORDER_WORDS) == set(OrderType)
    assert set(HAZARD_WORDS) == set(Hazard)
    assert all(ja and en for ja, en in [*ORDER_WORDS.values(), *HAZARD_WORDS.values()])
    assert [ORDER_WORDS[order_type][0] for order_type in OrderType] == [
        "高齢者等避難",
        "避難指示",
        "緊急安全確保",
        "避難指示",
    ]


def test_drills_are_marked() -> None:
    """訓練 and 試験; what is real has no mark."""
    assert DRILL_MARK == {World.ACTUAL: "", World.EXERCISE: "【訓練】", World.TEST: "【試験】"}


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [part / 255 for part in _rgb(color)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
