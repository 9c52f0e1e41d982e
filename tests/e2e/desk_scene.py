"""A night at the desk, as records: a river that rises, a gap in its values, a bulletin, a call, a drill."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.records.base import Hazard, OrderType, Origin, World, content_id
from schemas.records.decided import Action, Call, CallKind, CallState, Order, Text
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, PlanKind, PlanState, RecipientEnd
from schemas.records.judged import (
    Called,
    Change,
    Detection,
    DetectionKind,
    Evidence,
    Phase,
    Recommendation,
    RuleHit,
    Silence,
)
from schemas.records.observed import (
    Bulletin,
    BulletinItem,
    InfoType,
    PollOutcome,
    Quality,
    Quantity,
    Reading,
    ReadingBatch,
)
from schemas.records.plumbing import DeadLetter, Heartbeat
from schemas.stations import dams, rain_gauges
from tests.integration.console_running import FUJISAWA, ODAWARA, Town, trace

CHANGES = (
    "氾濫危険水位 5.65 m に達するとレベル４（いま 4.92 m、あと 0.73 m）",
    "氾濫注意水位 4.50 m を 0.10 m 下回って30分続くと、この規則は終わります",
)
STATION = "3585_4_309"
BULLETIN_ID = "bulletin-odawara"


async def publish(town: Town, now: datetime) -> None:
    """Everything that the desk shows, with ages that are true at `now`."""
    records: list[tuple[str, str, object]] = [
        ("readings", FUJISAWA, _readings(now)),
        ("readings", FUJISAWA, _roads(now)),
        ("readings", ODAWARA, _rain(now)),
        ("bulletins", ODAWARA, _bulletin(now)),
        ("recommendations", FUJISAWA, _river(now)),
        ("recommendations", ODAWARA, _slope(now)),
        ("recommendations", FUJISAWA, _drill(now)),
        ("recommendations", FUJISAWA, replace(_drill(now), world=World.TEST, origin=Origin.REPLAY)),
        ("detections", FUJISAWA, _trend(now)),
        ("calls", ODAWARA, _call(now)),
        ("orders", FUJISAWA, _drill_order(now)),
        ("dead-letters", "connectors", _dead_letter(now)),
        *(("heartbeats", beat.source, beat) for beat in _beats(now)),
    ]
    for name, key, record in records:
        await town.publisher.send(name, key, record)


async def deliver(town: Town, order: Order, ends: dict[End, int], audience: int) -> None:
    """A plan for an order and these ends of it."""
    buckets = (Bucket("job-1", order.municipality, 0, audience),)
    now = datetime.now(UTC)
    plan = Plan(
        f"plan-{order.id}-{order.revision}", order.world, order.origin, order.municipality, order.id, order.revision,
        PlanKind.FIRST, PlanState.STARTED, audience, buckets, "digest", trace(), now,
    )  # fmt: skip
    counted = [end for end, count in ends.items() for _ in range(count)]
    recipients = tuple(RecipientEnd(f"s{n:04}", end, None, None, 1, now) for n, end in enumerate(counted))
    outcome = JobOutcome(
        "outcome-1", "job-1", order.world, order.origin, order.municipality, plan.id, order.id, order.revision,
        0, 1, recipients, trace(), now,
    )  # fmt: skip
    await town.publisher.send("plans", order.id, plan)
    await town.publisher.send("outcomes", order.id, outcome)


def _readings(now: datetime) -> ReadingBatch:
    newest = now.replace(second=0, microsecond=0, minute=now.minute // 10 * 10) - timedelta(minutes=10)
    times = [newest - timedelta(minutes=10 * n) for n in range(140)]
    readings = tuple(_reading(at, (newest - at) / timedelta(hours=1)) for at in times)
    kept = tuple(r for r in readings if not 7.0 < (newest - r.observed_at) / timedelta(hours=1) < 10.2)
    return ReadingBatch(
        "batch-1", World.ACTUAL, Origin.LIVE, "kawabou-stage", FUJISAWA, now - timedelta(minutes=4), PollOutcome.NEW,
        None, (STATION,), kept, trace(), now,
    )  # fmt: skip


def _roads(now: datetime) -> ReadingBatch:
    """One direction counted, the other flagged missing; a mapped station of a kind of its own beside it."""
    at = now - timedelta(minutes=25)
    readings = (
        Reading("3310840", "traffic_up", 72.0, "1/5min", at, Quality.VALID),
        Reading("3310840", "traffic_down", None, "1/5min", at, Quality.MISSING),
        Reading("鵠沼地下道", "water_depth", 0.12, "m", at, Quality.SUSPECT),
    )
    return _batch("batch-roads", "jartic-5min", FUJISAWA, readings, now)


def _rain(now: datetime) -> ReadingBatch:
    station, dam = (next(n for n, p in known().items() if ODAWARA in p.municipalities) for known in (rain_gauges, dams))
    readings = (
        Reading(station, "rain_10min", 6.5, "mm", now - timedelta(minutes=7), Quality.VALID),
        Reading(station, "rain_1h", 31.0, "mm", now - timedelta(hours=2), Quality.VALID),
        Reading(dam, "dam_outflow", 812.4, "m3/s", now - timedelta(minutes=9), Quality.VALID),
    )
    return _batch("batch-rain", "amedas", ODAWARA, readings, now)


def _batch(record_id: str, source: str, town: str, readings: tuple[Reading, ...], now: datetime) -> ReadingBatch:
    stations = tuple(dict.fromkeys(reading.station for reading in readings))
    return ReadingBatch(
        record_id, World.ACTUAL, Origin.LIVE, source, town, now - timedelta(minutes=4), PollOutcome.NEW, None,
        stations, readings, trace(), now,
    )  # fmt: skip


def _reading(at: datetime, hours_ago: float) -> Reading:
    stage = 2.5 + 2.45 * math.exp(-(((hours_ago - 0.3) / 4.2) ** 2))
    return Reading(STATION, "stage", round(stage, 2), "m", at, Quality.VALID, 0)


def _evidence(now: datetime) -> Evidence:
    return Evidence(
        "reading", STATION, "境川橋", "10分で0.31 m上昇", now - timedelta(minutes=12), 4.92, "m", 5.2, "L3",
        "https://www.river.go.jp/",
    )  # fmt: skip


def _river(now: datetime) -> Recommendation:
    text = "氾濫注意水位以上で水位が急上昇(Sonaeの目安: 急上昇は10分で0.30 m以上、1時間で1.00 m以上のどちらか)"
    hit = RuleHit("FN-3b", 3, "S13,R", False, text, now - timedelta(minutes=32), (_evidence(now),))
    called = Called("1420500", "藤沢市", Hazard.FLOOD, 3, None, Change.NEW, "elderly_evacuation", (hit,), None, CHANGES)
    silence = Silence("3585_4_999", "大清水橋", now - timedelta(hours=3, minutes=10), "観測所から値が届いていない")
    asked = "気象庁ホームページは土砂災害レベル４、電文はレベル３です"
    question = Silence("BOSAI|1420500|landslide", "気象庁ホームページとの照合", now - timedelta(minutes=9), asked)
    return _recommendation(FUJISAWA, 1, now, (called,), (silence, question))


def _slope(now: datetime) -> Recommendation:
    fact = Evidence("bulletin", BULLETIN_ID, "土砂災害警戒情報", "小田原市 警戒", now - timedelta(minutes=6))
    hit = RuleHit(
        "LS-4a", 4, "S8,S15", True, "レベル４土砂災害危険警報(土砂災害警戒情報)", now - timedelta(minutes=6), (fact,)
    )
    called = Called("1420600", "小田原市", Hazard.LANDSLIDE, 4, 3, Change.RAISED, "evacuation_order", (hit,))
    return _recommendation(ODAWARA, 1, now, (called,), ())


def _drill(now: datetime) -> Recommendation:
    hit = RuleHit("LS-3a", 3, "訓練想定", True, "訓練：土砂災害警報", now - timedelta(minutes=20), ())
    called = Called("1420500", "藤沢市", Hazard.LANDSLIDE, 3, None, Change.NEW, "elderly_evacuation", (hit,))
    return _recommendation(FUJISAWA, 1, now, (called,), (), World.EXERCISE)


def _recommendation(
    town: str,
    number: int,
    now: datetime,
    called: tuple[Called, ...],
    silences: tuple[Silence, ...],
    world: World = World.ACTUAL,
) -> Recommendation:
    record_id = content_id("recommendation", world, town, number)
    at = now - timedelta(minutes=5)
    return Recommendation(record_id, world, Origin.LIVE, town, number, at, at, called, silences, trace(), now)


def _bulletin(now: datetime) -> Bulletin:
    item = BulletinItem(
        Hazard.LANDSLIDE, "1420600", "小田原市", "3", "警戒", "発表", True, 4, None, None, "過去数年で最も高い危険度",
        (Quantity("criteria_level", "1420600", "小田原市", 4.0, "", now, now + timedelta(hours=7), "レベル４相当"),),
    )  # fmt: skip
    warning = "【警戒文】大雨により、土砂災害の危険度が高まっています。"
    text = f"{warning}\n<script>alert('x')</script>崖の近くでは早めに避難してください。"
    return Bulletin(
        BULLETIN_ID, World.ACTUAL, Origin.LIVE, "jma-xml", ODAWARA, "1420600", "小田原市", "VXWW50", "140000", "e1", 1,
        InfoType.ISSUED, now - timedelta(minutes=6), now - timedelta(minutes=5), "神奈川県土砂災害警戒情報", text,
        "神奈川県 横浜地方気象台", "https://www.data.jma.go.jp/x.xml", "0" * 64, (item,), trace(), now,
    )  # fmt: skip


def _trend(now: datetime) -> Detection:
    at = now - timedelta(minutes=12)
    return Detection(
        "detection-1", World.ACTUAL, Origin.LIVE, FUJISAWA, "1420500", Hazard.FLOOD, DetectionKind.TREND, "FN-3b",
        STATION, Phase.BEGAN, 3, "episode-1", at, at, 22.0, 48.0, (_evidence(now),), trace(), now,
    )  # fmt: skip


def _call(now: datetime) -> Call:
    return Call(
        "call-odawara", World.ACTUAL, Origin.LIVE, ODAWARA, CallKind.RECOMMENDATION_ROSE, CallState.OPEN, 0,
        Hazard.LANDSLIDE, 4, None, None, ("sato",), None, "土砂災害: 推奨がレベル4に上がりました。",
        now - timedelta(minutes=1), trace(), now,
    )  # fmt: skip


def _drill_order(now: datetime) -> Order:
    body = "訓練です。土砂災害の危険が高まっています。藤沢市全域に「高齢者等避難」を出しました。"
    texts = (Text("ja", "【警戒レベル３】高齢者等避難", body), Text("en", "Alert Level 3", "This is a drill."))
    return Order(
        "order-drill", 1, World.EXERCISE, Origin.LIVE, FUJISAWA, "藤沢市", "case-drill", Hazard.LANDSLIDE,
        Action.ISSUE, OrderType.ELDERLY_EVACUATION, 3, (), (), texts, True, False, now - timedelta(minutes=9),
        now + timedelta(hours=3), ("sato", "suzuki"), None, None, trace(), now,
    )  # fmt: skip


def _dead_letter(now: datetime) -> DeadLetter:
    body = b"<Report><Head>"
    return DeadLetter(
        "dead-1", "connectors", "jma-xml", "", None, None, None, None, Origin.LIVE, None, "truncated_xml",
        "XMLが途中で切れています（14バイト目）", None, "a" * 64, len(body), body, False, now - timedelta(minutes=20),
        trace(), now,
    )  # fmt: skip


def _beats(now: datetime) -> tuple[Heartbeat, ...]:
    def beat(source: str, program: str, state: str, text: str, minutes: int | None, world: World | None) -> Heartbeat:
        content = None if minutes is None else now - timedelta(minutes=minutes)
        return Heartbeat(source, program, world, state, text, now, now, content, 120, 1, now, now)

    return (
        beat("jma-extra", "connectors", "ok", "Newest content 6 min ago.", 6, None),
        beat("kawabou-stage", "connectors", "frozen", "It answers, but its newest content is 75 min old.", 75, None),
        beat("watch-0", "watch", "ok", "partitions 0, 1, 2, 3", None, World.ACTUAL),
    )
