"""One condition of rules.toml → a typed clause. What is unknown, ambiguous or can never come in is refused."""

from collections.abc import Mapping
from typing import Any

from schemas.records.base import Hazard
from streams.detect.criteria import (
    DUE_QUANTITIES,
    RAINS,
    REPORT_WORDS,
    TRENDS,
    Clause,
    Danger,
    Due,
    Forecast,
    Official,
    Quake,
    Words,
)
from streams.detect.knowledge import THRESHOLDS

CLAUSE = {
    *("stage", "trend", "official", "report", "report_of", "forecast", "danger", "due", "quake", "word"),
    *("rain", "dam", "coast", "source"),
}
CONDITIONS = CLAUSE - {"source", "coast", "report_of"}
OFFICIAL = {"hazard", "level", "at_least", "codes", "carriers"}
FURTHEST_H = 6
"""Official stage forecasts end there."""


class BadRules(ValueError):
    """rules.toml says something that cannot be meant; the text says where and what to do."""


def clause_of(rule: str, row: Mapping[str, Any], words: Mapping[str, Any]) -> Clause:
    """One row of `when`; `words`: the phrases that the file names. Raises BadRules with one sentence."""
    known(rule, row, CLAUSE)
    if not CONDITIONS & row.keys():
        raise BadRules(f"{rule}: an empty condition is always true")
    stage = row.get("stage")
    if stage is not None and stage not in THRESHOLDS:
        raise BadRules(f"{rule}: no threshold is called {stage!r}; there are {', '.join(THRESHOLDS)}")
    for name, allowed in (("trend", TRENDS), ("rain", RAINS)):
        if row.get(name) is not None and (row[name] not in allowed or stage is None):
            raise BadRules(f"{rule}: {name} must be one of {', '.join(allowed)}, beside a `stage` of the same station")
    return Clause(
        stage=stage,
        trend=row.get("trend"),
        official=_official(rule, row["official"]) if "official" in row else None,
        reports=_reports(rule, row),
        report_of=tuple(hazard_of(rule, name) for name in row.get("report_of", ())),
        forecast=_forecast(rule, row["forecast"], stage) if "forecast" in row else None,
        danger=_danger(rule, row["danger"]) if "danger" in row else None,
        due=_due(rule, row["due"]) if "due" in row else None,
        quake=_quake(rule, row["quake"], words) if "quake" in row else None,
        word=_words(rule, row["word"], words) if "word" in row else None,
        rain=row.get("rain"),
        dam=_dam(rule, row),
        coast=bool(row.get("coast", False)),
        source=str(row.get("source", "")),
    )


def hazard_of(rule: str, name: object) -> Hazard:
    """The hazard of that name; raises BadRules."""
    try:
        return Hazard(str(name))
    except ValueError:
        raise BadRules(f"{rule}: no hazard is called {name!r}; there are {', '.join(Hazard)}") from None


def known(where: str, row: Mapping[str, Any], allowed: set[str]) -> None:
    """Raises BadRules for a key that means nothing here."""
    if unknown := set(row) - allowed:
        raise BadRules(f"{where}: {min(unknown)!r} is not known; {', '.join(sorted(allowed))} are")


def _reports(rule: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    wrong = [word for word in row.get("report", ()) if word not in REPORT_WORDS]
    if wrong or row.get("report") == []:
        raise BadRules(
            f"{rule}: report {wrong[:1] or 'without a kind'} can never come in; officers enter {REPORT_WORDS}"
        )
    if "report_of" in row and "report" not in row:
        raise BadRules(f"{rule}: report_of says of which hazards reports count, and there is no `report`")
    return tuple(row.get("report", ()))


def _official(rule: str, row: Mapping[str, Any]) -> Official:
    known(rule, row, OFFICIAL)
    given = [key for key in ("level", "at_least", "codes") if row.get(key) not in (None, [])]
    if len(given) != 1:
        raise BadRules(f"{rule}: an official statement is asked for by exactly one of level, at_least and codes")
    number = row.get("level", row.get("at_least", 2))
    if number not in {2, 3, 4, 5}:
        raise BadRules(f"{rule}: no official statement has level {number!r}; 2 to 5 exist")
    return Official(
        *(hazard_of(rule, row.get("hazard")), row.get("level"), row.get("at_least")),
        *(tuple(row.get("codes", ())), tuple(row.get("carriers", ()))),
    )


def _forecast(rule: str, row: Mapping[str, Any], stage: str | None) -> Forecast:
    known(rule, row, {"stage", "rising", "within_h", "night"})
    rising, asked = bool(row.get("rising", False)), row.get("stage")
    if rising == (asked is not None) or (asked is not None and asked not in THRESHOLDS):
        raise BadRules(f"{rule}: a forecast reaches a `stage` ({', '.join(THRESHOLDS)}), or is `rising`, not both")
    if rising and stage is None:
        raise BadRules(f"{rule}: a rising forecast says something only beside a `stage` of the same station")
    hours = row.get("within_h", FURTHEST_H)
    if not 0 < hours <= FURTHEST_H:
        raise BadRules(f"{rule}: official stage forecasts say nothing {hours} h ahead; 1 to {FURTHEST_H} h exist")
    return Forecast(asked, rising, float(hours), bool(row.get("night", False)))


def _danger(rule: str, row: Mapping[str, Any]) -> Danger:
    known(rule, row, {"hazard", "at_least", "carriers", "night"})
    if row.get("at_least") not in {3, 4, 5} or not row.get("carriers"):
        raise BadRules(f"{rule}: a danger is asked for by at_least (3 to 5) and the carriers that state it")
    carriers, night = tuple(row["carriers"]), bool(row.get("night", False))
    return Danger(hazard_of(rule, row.get("hazard")), row["at_least"], carriers, night)


def _due(rule: str, row: Mapping[str, Any]) -> Due:
    known(rule, row, {"quantity", "at_least", "within_min"})
    if row.get("quantity") not in DUE_QUANTITIES:
        raise BadRules(f"{rule}: no telegram states when {row.get('quantity')!r} is due; {DUE_QUANTITIES} are stated")
    minutes = row.get("within_min")
    if minutes is not None and minutes <= 0:
        raise BadRules(f"{rule}: within_min must exceed 0, or nothing could be done in time")
    return Due(row["quantity"], int(row.get("at_least", 0)), None if minutes is None else float(minutes))


def _quake(rule: str, row: Mapping[str, Any], words: Mapping[str, Any]) -> Quake:
    known(rule, row, {"intensity", "word"})
    if ("intensity" in row) == ("word" in row):
        raise BadRules(f"{rule}: a quake is asked for by exactly one of intensity and word")
    if "intensity" in row and not 3 <= row["intensity"] <= 7:
        raise BadRules(f"{rule}: no telegram lists an intensity of {row['intensity']}; 3 to 7 are kept")
    number = float(row["intensity"]) if "intensity" in row else None
    return Quake(number, _word(rule, row["word"], words) if "word" in row else "")


def _word(rule: str, name: str, words: Mapping[str, Any]) -> str:
    if name not in words:
        raise BadRules(f"{rule}: [words] has no phrases for {name!r}, so it could never be found")
    return str(name)


def _words(rule: str, row: Mapping[str, Any], words: Mapping[str, Any]) -> Words:
    known(rule, row, {"name", "night"})
    return Words(_word(rule, row.get("name", ""), words), bool(row.get("night", False)))


def _dam(rule: str, row: Mapping[str, Any]) -> bool:
    if row.get("dam") not in (None, "passing"):
        raise BadRules(f'{rule}: dam must be "passing": what comes in goes out, and the dam is full')
    return "dam" in row
