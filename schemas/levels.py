"""警戒レベル: numbers, words, official colours, and the order a level corresponds to. Only a municipality orders."""

import json
from dataclasses import dataclass

from schemas.records.base import Hazard, OrderType, World


@dataclass(frozen=True, slots=True)
class Level:
    """One level as screens show it: number, word and colour together, never colour alone."""

    number: int
    word_ja: str
    word_en: str
    color: str
    text_color: str


# Colours: Cabinet Office, RGB of 2020-05-29. Text colours are ours: black or white, whichever stands out at 4.5 : 1.
LEVELS: dict[int, Level] = {
    0: Level(0, "発表なし", "None", "#FFFFFF", "#000000"),
    1: Level(1, "早期注意情報", "Early notice", "#FFFFFF", "#000000"),
    2: Level(2, "注意報", "Advisory", "#F2E700", "#000000"),
    3: Level(3, "高齢者等避難", "Evacuation of the Elderly, Etc.", "#FF2800", "#000000"),
    4: Level(4, "避難指示", "Evacuation Order", "#AA00AA", "#FFFFFF"),
    5: Level(5, "緊急安全確保", "Emergency Safety Measures", "#0C000C", "#FFFFFF"),
}

ORDER_WORDS: dict[OrderType, tuple[str, str]] = {
    OrderType.ELDERLY_EVACUATION: ("高齢者等避難", "Evacuation of the Elderly, Etc."),
    OrderType.EVACUATION_ORDER: ("避難指示", "Evacuation Order"),
    OrderType.EMERGENCY_SAFETY: ("緊急安全確保", "Emergency Safety Measures"),
    OrderType.TSUNAMI_EVACUATION: ("避難指示", "Evacuation Order"),
}

HAZARD_WORDS: dict[Hazard, tuple[str, str]] = {
    Hazard.FLOOD: ("河川氾濫", "River flooding"),
    Hazard.HEAVY_RAIN: ("大雨", "Heavy rain"),
    Hazard.LANDSLIDE: ("土砂災害", "Landslide"),
    Hazard.STORM_SURGE: ("高潮", "Storm surge"),
    Hazard.TSUNAMI: ("津波", "Tsunami"),
    Hazard.STORM: ("暴風", "Violent wind"),
    Hazard.WAVE: ("高波", "High waves"),
    Hazard.SNOW: ("大雪", "Heavy snow"),
    Hazard.OTHER: ("その他", "Other"),
}

DRILL_MARK: dict[World, str] = {World.ACTUAL: "", World.EXERCISE: "【訓練】", World.TEST: "【試験】"}
"""What stands before every line of a record that is not real."""

DRILL_WORD: dict[World, dict[str, str]] = {
    World.ACTUAL: {},
    World.EXERCISE: {
        "ja-easy": "れんしゅう：",
        "en": "DRILL: ",
        "zh": "演习：",
        "ko": "훈련: ",
        "vi": "DIỄN TẬP: ",
        "pt": "SIMULADO: ",
        "tl": "PAGSASANAY: ",
        "ne": "अभ्यास: ",
    },
    World.TEST: {
        "ja-easy": "テスト：",
        "en": "TEST: ",
        "zh": "测试：",
        "ko": "시험: ",
        "vi": "THỬ NGHIỆM: ",
        "pt": "TESTE: ",
        "tl": "PAGSUBOK: ",
        "ne": "परीक्षण: ",
    },
}
"""After the mark, which is Japanese on every drill poster, the title says it in the reader's own language."""


def marked(world: World, words: str) -> str:
    """The words with the world's drill mark at the start of every line; unchanged in the actual world."""
    mark = DRILL_MARK[world]
    if not mark:
        return words
    return "\n".join(line if line.startswith(mark) else mark + line for line in words.splitlines() or [""])


def push_bytes(title: str, body: str, world: World) -> int:
    """How much of a push a text takes: marked, as JSON, in UTF-8. At most decided.MAX_PUSH_BYTES is approved."""
    return sum(len(json.dumps(marked(world, words), ensure_ascii=False).encode()) - 2 for words in (title, body))


WITHOUT_EVACUATION = frozenset({Hazard.STORM, Hazard.WAVE, Hazard.SNOW})
"""Wind, waves and snow have warnings but no evacuation level."""

_BY_LEVEL = {3: OrderType.ELDERLY_EVACUATION, 4: OrderType.EVACUATION_ORDER, 5: OrderType.EMERGENCY_SAFETY}
_LEVEL_OF = {order_type: level for level, order_type in _BY_LEVEL.items()}


def order_type_of(level: int | None, hazard: Hazard) -> OrderType | None:
    """The order that a level of this hazard corresponds to, or None below level 3.

    Tsunami: the order carries no level number, so None (and anything above 3) is the tsunami order;
    3 (far-field, known hours ahead) is 高齢者等避難.
    """
    if hazard in WITHOUT_EVACUATION:
        return None
    if hazard is Hazard.TSUNAMI and (level is None or level > 3):
        return OrderType.TSUNAMI_EVACUATION
    return None if level is None else _BY_LEVEL.get(level)


def level_of(order_type: OrderType) -> int | None:
    """The 警戒レベル of an order; None for a tsunami order, whose text must not name one."""
    return _LEVEL_OF.get(order_type)
