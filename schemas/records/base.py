"""The words that every record shares: worlds, origins, hazards, levels' order types, traces and content ids."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class World(StrEnum):
    """Which reality a record belongs to. JMA Status 通常 / 訓練 / 試験; there is no default: unknown is parked."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Origin(StrEnum):
    """Live only if feeds.toml lists the host as official and TLS verified it; everything else is replay."""

    LIVE = "live"
    REPLAY = "replay"


class Hazard(StrEnum):
    """What threatens. `flood` is 氾濫 of a named river, `heavy_rain` is 大雨 (inland water and unnamed rivers)."""

    FLOOD = "flood"
    HEAVY_RAIN = "heavy_rain"
    LANDSLIDE = "landslide"
    STORM_SURGE = "storm_surge"
    TSUNAMI = "tsunami"
    STORM = "storm"
    WAVE = "wave"
    SNOW = "snow"
    OTHER = "other"


class OrderType(StrEnum):
    """高齢者等避難 (3), 避難指示 (4), 緊急安全確保 (5), and the tsunami order, which carries no level number."""

    ELDERLY_EVACUATION = "elderly_evacuation"
    EVACUATION_ORDER = "evacuation_order"
    EMERGENCY_SAFETY = "emergency_safety"
    TSUNAMI_EVACUATION = "tsunami_evacuation"


@dataclass(frozen=True, slots=True)
class Trace:
    """Born when feed bytes arrive (or a person acts), carried to the outcome. `started_at` is real UTC time."""

    id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class InputOffset:
    """The last offset (in a tick: the end offset) of one input partition, with the id of the topic it was read from."""

    topic: str
    topic_id: str
    partition: int
    offset: int


def content_id(*parts: object) -> str:
    """An id that only content decides: 32 hex digits of SHA-256 over the parts, so a repeat is recognised."""
    digest = hashlib.sha256()
    for part in parts:
        text = part.isoformat() if isinstance(part, datetime) else str(part)
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:32]
