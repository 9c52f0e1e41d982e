"""For refusals: what was probably meant by a word that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is written most like this one, or ""."""
    spelled = {one.lower(): one for one in known}
    found = get_close_matches(word.lower(), list(spelled), 1, 0.6)
    return spelled[found[0]] if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or "" where nothing is near."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found else ""
