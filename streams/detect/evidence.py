"""Facts put into words that a duty officer can check: what was measured or said, where, and when."""

from schemas.records.judged import Evidence
from streams.detect.bulletins import Claim, Item
from streams.detect.knowledge import THRESHOLD_NAME, GaugeFacts
from streams.detect.state import Opened, Reported, Station, moment

UNIT = "m"
LEVEL_WORDS = {2: "レベル２", 3: "レベル３", 4: "レベル４", 5: "レベル５"}


def of_stage(gauge: GaugeFacts, station: Station, threshold: str) -> Evidence:
    """The newest accepted stage beside one threshold."""
    height = gauge.height_of(threshold) or 0.0
    return stage_at(gauge, station.judged.at, station.judged.value, threshold, height)


def stage_at(gauge: GaugeFacts, at: int, value: float, threshold: str, height: float) -> Evidence:
    """One stage beside one threshold."""
    name = THRESHOLD_NAME[threshold]
    side = "以上" if value >= height else f"まで {height - value:.2f} m"
    return Evidence(
        kind="reading",
        ref=gauge.station,
        name=f"{gauge.river} {gauge.name}",
        text=f"水位 {value:.2f} m({name} {height:.2f} m {side})",
        observed_at=moment(at),
        value=round(value, 3),
        unit=UNIT,
        threshold=height,
        threshold_name=name,
    )


def of_rise(gauge: GaugeFacts, opened: Opened) -> Evidence:
    """How fast the stage rose when a rule opened: measured facts, and the time left as a range for staff."""
    left = (
        f"、次の基準水位まで {opened.lead_low:.0f}〜{opened.lead_high:.0f} 分(職員用の目安)"
        if opened.lead_low >= 0
        else ""
    )
    return Evidence(
        kind="rise",
        ref=gauge.station,
        name=f"{gauge.river} {gauge.name}",
        text=f"10分で {opened.dh10:+.2f} m、1時間で {opened.rise_1h:+.2f} m{left}",
        observed_at=moment(opened.at),
        value=round(opened.rise_1h, 3),
        unit=UNIT,
    )


def of_claim(claim: Claim, item: Item) -> Evidence:
    """What an official telegram says of one hazard."""
    statement = claim.statement
    level = LEVEL_WORDS.get(item.level, "")
    words = item.text or item.name
    equivalent = f"({level}相当)" if level and level not in words else ""
    status = f"・{item.status}" if item.status else ""
    doubt = "(取消あり、現況不明)" if claim.unknown else ""
    return Evidence(
        kind="bulletin",
        ref=statement.id,
        name=statement.title,
        text=f"{words}{equivalent}{status}{doubt}",
        observed_at=moment(statement.at),
        value=float(item.level) if item.level >= 0 else None,
        url=statement.url or None,
    )


def of_report(report_id: str, report: Reported) -> Evidence:
    """What a person saw."""
    return Evidence("report", report_id, report.kind, report.text, moment(report.at))
