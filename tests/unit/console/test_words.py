"""Times, ages and levels as officers read them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.refusals import REFUSALS
from console.words import age, jst, level_word, order_word, refusal
from schemas.records.base import Hazard, OrderType
from tests.unit.console.records import AT, minutes

ROOT = Path(__file__).parents[3]


def test_times_are_japanese() -> None:
    """2026-09-21 is a Monday; 06:40 UTC is 15:40 in Japan; 15:00 UTC is already tomorrow."""
    assert jst(AT) == "9月21日（月）15:40"
    assert jst(datetime(2026, 9, 21, 15, 0, tzinfo=UTC)) == "9月22日（火）00:00"


@pytest.mark.parametrize(
    ("ago", "words"),
    [(0, "1分以内"), (12, "12分前"), (60, "1時間前"), (190, "3時間10分前"), (60 * 49, "2日前"), (-10, "10分先の時刻")],
)
def test_ages(ago: float, words: str) -> None:
    """Coarse, and a time ahead of now is called that instead of being hidden."""
    assert age(AT, AT + minutes(ago)) == words


def test_a_level_is_number_and_word() -> None:
    """A tsunami order has no number, and says so."""
    assert level_word(4, Hazard.LANDSLIDE) == "警戒レベル４ 避難指示"
    assert level_word(2, Hazard.FLOOD) == "警戒レベル２相当"
    assert level_word(None, Hazard.TSUNAMI) == "避難指示（津波・レベルなし）"
    assert order_word(OrderType.TSUNAMI_EVACUATION, None) == "津波 避難指示"


def test_every_refusal_is_said_in_japanese() -> None:
    """What decide refuses, it refuses at three in the morning: no officer has to read it in English then."""
    sources = sorted((ROOT / "streams" / "decide").glob("*.py"))
    codes = {
        code for path in sources for code in re.findall(r'Refused\(\s*"([a-z_]+)"', path.read_text(encoding="utf8"))
    }
    assert len(codes) > 20
    assert codes - REFUSALS.keys() == set()


def test_an_unknown_refusal_keeps_its_own_words() -> None:
    """A code that the desk does not know is shown as decide said it."""
    assert "本人は承認できません" in refusal("same_person", "english")
    assert refusal("new_code", "as it was said") == "as it was said"
