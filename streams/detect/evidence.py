"""Facts put into words that a duty officer can check: what was measured or said, where, and when."""

from schemas.records.judged import Evidence
from streams.detect.bulletins import Item
from streams.detect.claims import Claim
from streams.detect.knowledge import THRESHOLD_NAME, GaugeFacts, Knowledge, Tuning
from streams.detect.numbers import JST, Number
from streams.detect.state import DamState, Opened, Rain, Reported, Station, moment
from streams.detect.trend import Trend, horizon, lead, pace

UNIT = "m"
SHOWN_M = 0.1
"""A daily swing below this is not worth a word."""
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
        name=f"{gauge.river} {gauge.name}".strip(),
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
        name=f"{gauge.river} {gauge.name}".strip(),
        text=f"10分で {opened.dh10:+.2f} m、1時間で {opened.rise_1h:+.2f} m{left}",
        observed_at=moment(opened.at),
        value=round(opened.rise_1h, 3),
        unit=UNIT,
    )


def of_pace(gauge: GaugeFacts, station: Station, threshold: str, trend: Trend, tuning: Tuning) -> Evidence:
    """Why a threshold counts as near: three paces, their mean and spread, the gauge's habit, the range in minutes."""
    at, value, height = station.judged.at, station.judged.value, gauge.height_of(threshold) or 0.0
    swing = station.rising.swing
    mean = pace(trend, height - value, tuning)
    soon, late = lead(trend, value, height, tuning)
    habit = f"、毎日 {swing.every_day:.2f} m 動く地点" if swing.every_day >= SHOWN_M else ""
    return Evidence(
        kind="rise",
        ref=gauge.station,
        name=f"{gauge.river} {gauge.name}".strip(),
        text=f"直近10分 {trend.dh10 * 6:+.2f} m/h、その前20分 {trend.before:+.2f} m/h、"
        f"{tuning.window_min:.0f}分の傾き {trend.slope:+.2f} m/h(四分位 {trend.low:+.2f}〜{trend.high:+.2f})、"
        f"平均 {mean:.2f} m/h で{THRESHOLD_NAME[threshold]} {height:.2f} m まで {soon:.0f}〜{late:.0f} 分"
        "(職員用の目安)、"
        f"{horizon(swing, height, tuning):.0f} 分以内で通知{habit}",
        observed_at=moment(at),
        value=round(mean, 3),
        unit="m/h",
        threshold=height,
        threshold_name=THRESHOLD_NAME[threshold],
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


def of_number(claim: Claim, number: Number) -> Evidence:
    """What a telegram states for a place and a time: a forecast, a danger, a deadline, a shaking, a phrase."""
    statement = claim.statement
    value = number.value if number.value >= 0 else None
    return Evidence(
        kind="bulletin",
        ref=statement.id,
        name=statement.title,
        text=_stated(number),
        observed_at=moment(statement.at),
        value=None if value is None else round(value, 3),
        unit=UNIT if number.name.startswith("stage_") and number.name != "stage_level" else None,
        url=statement.url or None,
    )


def of_rain(code: str, rain: Rain, knowledge: Knowledge) -> Evidence:
    """Rain that falls in a gauge's catchment, or fell within the hold."""
    parts = [f"10分 {rain.mm_10min:g} mm"] if rain.mm_10min >= 0 else []
    parts += [f"1時間 {rain.mm_1h:g} mm"] if rain.mm_1h >= 0 else []
    text = f"流域の雨 {'、'.join(parts)}({_clock(rain.falling)}から)"
    value = rain.mm_1h if rain.mm_1h >= 0 else rain.mm_10min
    return Evidence("rain", code, knowledge.rain_gauges.get(code, code), text, moment(rain.at), round(value, 1), "mm")


def of_dam(code: str, dam: DamState, knowledge: Knowledge) -> Evidence:
    """A dam that lets through what comes in."""
    text = f"流入 {dam.inflow:g} m3/s、放流 {dam.outflow:g} m3/s({_clock(dam.passing)}から放流が流入に並ぶ)"
    return Evidence("dam", code, knowledge.dams[code].name, text, moment(dam.at), round(dam.outflow, 1), "m3/s")


def _stated(number: Number) -> str:
    match number.name:
        case "stage_forecast":
            return f"{number.words or number.subject} {_clock(number.at)}の予測水位 {number.value:.2f} m"
        case "stage_level":
            return f"{number.words or number.subject} {_clock(number.at)}の予測水位は警戒レベル{number.value:g}相当"
        case "danger":
            when = f"{_clock(number.at)}から{_clock(number.until)}まで" if number.at else ""
            return f"危険度 {when}警戒レベル{number.value:g}相当"
        case "criteria_level":
            return number.words or f"{_clock(number.at)}から警戒レベル{number.value:g}相当"
        case "storm_zone":
            return f"{_clock(number.at)}から暴風域に入る見込み"
        case "intensity":
            return f"震度 {number.words or f'{number.value:g}'}"
    return number.words


def _clock(at: int) -> str:
    return moment(at).astimezone(JST).strftime("%d日%H:%M")
