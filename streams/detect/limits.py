"""What rules.toml says beside the rules: which telegrams mean what, and numbers that belong to no single gauge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.records.base import Hazard


@dataclass(frozen=True, slots=True)
class Carriers:
    """Which telegrams mean what, by the beginning of their data type; `words`: what is looked for in their texts.

    transition: show 危険警報 as 警報. snapshot: counts where nothing newer of `current` speaks of the hazard.
    forecast: says what is expected, never what is in force. check: asks, never counts. event: says what happened, not
    what stands. lasting: stands for months, until its next telegram: neither forgotten nor missed.
    """

    transition: tuple[str, ...] = ()
    snapshot: tuple[str, ...] = ()
    current: Mapping[str, Hazard] = field(default_factory=dict)
    forecast: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that belong to no single gauge; rules.toml says where each comes from."""

    statement_stands_h: float = 36.0
    late_min: float = 15.0
    late_settle_s: float = 10.0
    late_longest_s: float = 60.0
    question_min: float = 5.0
    report_stands_h: float = 24.0
    lifted_shown_h: float = 24.0
    lead_min: float = 120.0
    night_ahead_h: float = 8.0
    rain_10min_mm: float = 1.0
    rain_1h_mm: float = 3.0
    strong_10min_mm: float = 10.0
    strong_1h_mm: float = 20.0
    rain_hold_min: float = 60.0
    dam_pass_share: float = 0.9
    dam_inflow_m3s: float = 100.0
    dam_storage_pct: float = 95.0
    near_overflow_m: float = 0.5
