"""What is not known is said in words, and never as calm: reasons are those that *watch* writes."""

from datetime import UTC, datetime

import pytest

from console.unknowns import KEPT, Unknown, words_of
from schemas.records.judged import Silence

AT = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "reason", "kind", "what"),
    [
        ("BOSAI|1420500|landslide", "BOSAIでは…", Unknown.QUESTION, "BOSAIでは…"),
        ("1420500|VXWW50|x|tie", "VXWW50の同じ版に…", Unknown.QUESTION, "VXWW50の同じ版に…"),
        ("g", "no thresholds: its values arrive", Unknown.UNJUDGED, "判定していません"),
        ("g", "stale: no usable data for 20 min; last said: closed", Unknown.QUIET, "閉局"),
        ("g", "lost: no usable data for 40 min", Unknown.QUIET, "途絶えて"),
        ("1420500|VPWW55|x", "lost: not repeated for 36 h; kept", Unknown.QUIET, "繰り返されて"),
        ("a|b|c|cancelled", "unknown: the statement was cancelled", Unknown.QUESTION, "取り消され"),
        ("g", "something new", Unknown.QUIET, "something new"),
    ],
)
def test_each_reason_has_its_words(subject: str, reason: str, kind: Unknown, what: str) -> None:
    """What it is, and what to make of it."""
    told = words_of(Silence(subject, "name", AT, reason))
    assert told.kind is kind
    assert what in told.what


def test_silence_is_never_an_all_clear() -> None:
    """The last value stays, and that is said."""
    assert words_of(Silence("g", "name", AT, "lost")).then == KEPT
