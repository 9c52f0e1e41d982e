"""What places and times are called in each language: municipalities, areas, rivers, moments. Pure."""

from datetime import datetime

from console.phrases import phrases
from console.words import JST, jst
from schemas.reference import areas, municipalities


def town(code: str, lang: str) -> str:
    """A municipality: its own name where the language reads kanji, else as the file's pattern says."""
    place = municipalities()[code]
    known = phrases(lang).get("municipalities", {}).get(code)
    return str(known) if known else in_language(place.name, place.name_en, lang)


def in_language(name: str, name_en: str, lang: str) -> str:
    """藤沢市 and Fujisawa City as a language writes them: thành phố Fujisawa, Lungsod ng Fujisawa."""
    file = phrases(lang)
    if file.get("names") == "ja":
        return name
    stem, _, kind = name_en.rpartition(" ")
    pattern = file.get("towns", {}).get(kind)
    return str(pattern).format(name=stem) if pattern else name_en


def area(code: str, lang: str) -> str:
    """A warning area; one that is a whole municipality is called like it."""
    found = areas()[code]
    file = phrases(lang)
    known = file.get("areas", {}).get(code)
    if known:
        return str(known)
    if municipalities()[found.municipality].areas == (code,):
        return town(found.municipality, lang)
    return found.name if file.get("names") == "ja" else found.name_en


def river(name: str | None, lang: str) -> str | None:
    """A river by its name in the language; None where the file does not know it."""
    if not name:
        return None
    known = phrases(lang)["rivers"].get(name)
    return str(known) if known else (name if lang == "ja" else None)


def moment(at: datetime, lang: str) -> str:
    """A time in Japan, as the language writes it."""
    pattern = phrases(lang).get("time")
    local = at.astimezone(JST)
    if pattern is None:
        return jst(at)
    return str(pattern).format(month=local.month, month_name=f"{local:%b}", day=local.day, clock=f"{local:%H:%M}")
