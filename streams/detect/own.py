"""The numbers of our own that a condition rests on: a source says "rapidly" or "strong", none says how much.

Each is a setting of rules.toml with R (our proposal) or K (from memory) beside it. A condition that rests on one may
not name its source alone, and whoever reads the rule is told the number.
"""

from streams.detect.criteria import Clause, Override
from streams.detect.knowledge import GaugeFacts, RuleBook, Tuning

RISE = ("rapid_dh10_m", "rapid_rise_1h_m")
OF_TREND = {"rapid": (*RISE, "rapid_to_l4_min"), "steep": RISE, "rising": ("window_min",)}
OF_RAIN = {
    "falling": ("rain_10min_mm", "rain_1h_mm", "rain_hold_min"),
    "strong": ("strong_10min_mm", "strong_1h_mm", "rain_hold_min"),
}
OF_DAM = ("dam_inflow_m3s", "dam_pass_share", "dam_storage_pct")
NEAR = "NEAR"


def own_numbers(clause: Clause) -> tuple[str, ...]:
    """The settings under [tuning] and [limits] that decide whether the condition begins to hold."""
    return (
        *OF_TREND.get(clause.trend or "", ()),
        *OF_RAIN.get(clause.rain or "", ()),
        *(OF_DAM if clause.dam else ()),
        *(("near_overflow_m",) if clause.stage == NEAR else ()),
        *(("night_ahead_h",) if _at_night(clause) else ()),
        *(("lead_min",) if _waits_for_lead(clause) else ()),
    )


def own_words(clause: Clause, book: RuleBook, area: str, gauge: GaugeFacts | None, own: Override | None) -> str:
    """The same for an officer, "" where there is none. A gauge's own numbers, and an area's, come first."""
    tuning, limits = book.tuning_of(gauge.station) if gauge else book.tuning, book.limits
    words = [_of_trend(clause.trend, tuning)] if clause.trend else []
    if clause.rain == "falling":
        words += [f"雨は10分で{limits.rain_10min_mm:g} mm以上または1時間で{limits.rain_1h_mm:g} mm以上"]
    if clause.rain == "strong":
        words += [f"強い雨は10分で{limits.strong_10min_mm:g} mm以上または1時間で{limits.strong_1h_mm:g} mm以上"]
    if clause.dam:
        words += [f"放流量が流入量の{limits.dam_pass_share:.0%}以上(流入量{limits.dam_inflow_m3s:g} m3/s以上のとき)"]
    if clause.stage == NEAR:
        words += [f"「近い」は氾濫開始水位の{limits.near_overflow_m:g} m下から"]
    if _at_night(clause):
        words += [f"夜間は18時から6時までとし、その{limits.night_ahead_h:g}時間前から判断"]
    if _waits_for_lead(clause) and (own is None or own.lead_min is None):
        words += [f"避難にかかる時間は{book.lead_of(area, None):g}分"]
    return f"(Sonaeの目安: {'。'.join(words)})" if words else ""


def _of_trend(trend: str, tuning: Tuning) -> str:
    if trend == "rising":
        return f"上昇は直近{tuning.window_min:g}分の傾き"
    steep = f"10分で{tuning.rapid_dh10_m:.2f} m以上、1時間で{tuning.rapid_rise_1h_m:.2f} m以上"
    if trend == "steep":
        return f"急上昇は{steep}のどちらか"
    return f"急上昇は{steep}、いまの速さで{tuning.rapid_to_l4_min:g}分以内に氾濫危険水位、のどれか"


def _at_night(clause: Clause) -> bool:
    return any(asked is not None and asked.night for asked in (clause.forecast, clause.danger, clause.word))


def _waits_for_lead(clause: Clause) -> bool:
    return clause.due is not None and clause.due.within_min is None
