"""What is not known, in words: a quiet source, a gauge that cannot be judged, two routes that disagree. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.records.judged import Silence
from schemas.records.observed import Quality


class Unknown(StrEnum):
    """Why something is not known. None of them is ever an all-clear."""

    QUIET = "quiet"
    QUESTION = "question"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Words:
    """One of them for a person: what, and what to make of it."""

    kind: Unknown
    what: str
    then: str


KEPT = "最後の値を保持し、安全とは見なしません。"
BEGINNINGS = (
    ("no thresholds", Unknown.UNJUDGED, "基準水位が分からないため、判定していません。", "値は届いています。"),
    (
        "unknown: the statement",
        Unknown.QUESTION,
        "発表が取り消され、その前の状況が分かりません。",
        "原文を確かめてください。",
    ),
    (
        "lost: not repeated",
        Unknown.QUIET,
        "発表が長い間繰り返されていません。",
        "発表は有効のままですが、現況は不明です。",
    ),
    ("lost", Unknown.QUIET, "データが途絶えています。", KEPT),
    ("stale", Unknown.QUIET, "データが遅れています。", KEPT),
)
"""How *watch* begins its reasons, and what they are called here."""
LAST_SAID = {
    Quality.MISSING: "最後の連絡は「欠測」。",
    Quality.CLOSED: "最後の連絡は「閉局」。",
    Quality.STUCK: "最後の連絡は「固着の疑い」。",
}
ASK = "原文と担当の気象台で確かめてください。レベルは下げていません。"


def words_of(silence: Silence) -> Words:
    """What the desk says of it; a reason that we do not know is shown as it is."""
    if silence.subject.startswith("BOSAI|") or silence.subject.endswith("|tie"):
        return Words(Unknown.QUESTION, silence.reason, ASK)
    said = next((text for quality, text in LAST_SAID.items() if silence.reason.endswith(quality.value)), "")
    for beginning, kind, what, then in BEGINNINGS:
        if silence.reason.startswith(beginning):
            return Words(kind, what + said, then)
    return Words(Unknown.QUIET, silence.reason, KEPT)
