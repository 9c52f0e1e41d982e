"""The page's words: texts/<lang>.toml, one file a language, all with the same keys and blanks."""

import re
import tomllib
from functools import cache
from pathlib import Path

from schemas.levels import LEVELS
from schemas.records.decided import LANGUAGES

FOLDER = Path(__file__).with_name("texts")
LOCALES = {"ja-easy": "ja", "zh": "zh-Hans", "tl": "fil"}
"""Tags of BCP 47 where they differ from ours."""

BLANK = re.compile(r"\{(\w+)\}")
_ORDERED = tuple(str(number) for number in LEVELS if number >= 3)


@cache
def texts(lang: str) -> dict[str, str]:
    """Every text of a language under its dotted key: `orders.none`."""
    tables = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
    return {f"{table}.{key}": text for table, rows in tables.items() for key, text in rows.items()}


def blanks(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(BLANK.findall(text))


def names() -> dict[str, str]:
    """What each language calls itself, in the order in which they are offered."""
    return {lang: texts(lang)["page.name"] for lang in LANGUAGES}


def worker_words() -> dict[str, dict[str, object]]:
    """The few words that the service worker needs without a network, in every language."""
    return {lang: _worker_words(lang) for lang in LANGUAGES}


def _worker_words(lang: str) -> dict[str, object]:
    said = texts(lang)
    return {
        "locale": LOCALES.get(lang, lang),
        "levels": {number: said[f"level.{number}"] for number in _ORDERED},
        "tsunami": said["level.tsunami"],
        "unreadable_title": said["worker.unreadable_title"],
        "unreadable_body": said["worker.unreadable_body"],
    }
