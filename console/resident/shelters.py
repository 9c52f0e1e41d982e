"""Designated emergency evacuation sites of a municipality: <code>.csv in the national format.

Format: 自治体標準オープンデータセット「指定緊急避難場所一覧」(デジタル庁); a hazard that a site is for is 1.
The list does not say whether a site is open. Its date is the file's own.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from console.resident.supplied import Refused, each, filled, rows_of
from schemas.reference import check_digit, municipalities, wards

HAZARDS = {
    "災害種別_洪水": "flood",
    "災害種別_崖崩れ、土石流及び地滑り": "landslide",
    "災害種別_高潮": "storm_surge",
    "災害種別_地震": "earthquake",
    "災害種別_津波": "tsunami",
    "災害種別_大規模な火事": "fire",
    "災害種別_内水氾濫": "inland_flood",
    "災害種別_火山現象": "volcano",
}
NAME, ADDRESS, TOWN = "名称", "所在地_連結表記", "全国地方公共団体コード"
ENGLISH = ("名称_英字", "名称_英語")
"""Both spellings of the column occur."""

Shelter = dict[str, object]
List = dict[str, object]


def shelters(folder: Path | None, say: Callable[[str], None]) -> dict[str, List]:
    """By municipality; `say` hears why a file is refused."""
    return dict(each(folder, _read, say))


def _read(code: str, path: Path) -> List:
    rows = rows_of(path, (NAME, ADDRESS, *HAZARDS))
    found = [_shelter(row, line, code) for line, row in rows]
    if not any(one["hazards"] for one in found):
        raise Refused("no site is for any hazard: a hazard that a site is for must be 1")
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return {
        "municipality": code,
        "name": municipalities()[code].name,
        "as_of": f"{changed:%Y-%m-%d}",
        "shelters": found,
    }


def _shelter(row: dict[str, str], line: int, code: str) -> Shelter:
    _check_town(row.get(TOWN, ""), line, code)
    english = next((row[column] for column in ENGLISH if row.get(column)), "")
    return {
        "name": filled(row, NAME, line),
        "kana": row.get("名称_カナ", ""),
        "en": english,
        "address": filled(row, ADDRESS, line),
        "hazards": [hazard for column, hazard in HAZARDS.items() if _is_for(row.get(column, ""), column, line)],
    }


def _is_for(value: str, column: str, line: int) -> bool:
    if value not in ("", "0", "1"):
        raise Refused(f"line {line}: {column} is {value!r}: it must be 1 or empty")
    return value == "1"


def _check_town(value: str, line: int, code: str) -> None:
    """The column may be empty, name the municipality or one of its wards, and have lost a leading zero or its digit."""
    towns = {code, *(ward.code for ward in wards().values() if ward.municipality == code)}
    known = towns | {town + check_digit(town) for town in towns}
    if value and value not in known:
        raise Refused(f"line {line}: {TOWN} is {value}, which is not {code}: another municipality's list?")
