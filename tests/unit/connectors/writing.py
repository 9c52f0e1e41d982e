"""Telegrams and stage files as a test needs them."""

import json
from datetime import UTC, datetime, timedelta

from connectors.places import from_reference
from connectors.rows import FeedRow
from connectors.source import Failed, Parsed, Payload, Polled, Result
from schemas.records.base import Origin, Trace
from schemas.records.observed import Bulletin

AT = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
TRACE = Trace("trace-1", AT)
KANAGAWA = from_reference()

ROW = FeedRow(
    id="jma-extra",
    kind="jma-atom",
    url="https://www.data.jma.go.jp/developer/xml/feed/extra.xml",
    interval_s=60,
    offset_s=20,
    licence="-",
    attribution="気象庁",
)


def payload(body: bytes, name: str = "20260921060000_0_VXWW50_140000.xml", at: datetime = AT) -> Payload:
    """Bytes as a live feed brought them."""
    url = f"https://www.data.jma.go.jp/developer/xml/data/{name}"
    return Payload("jma-extra", url, Origin.LIVE, 200, {}, body, at, TRACE, name)


def polled(result: Result | None = None, at: datetime = AT) -> Polled:
    """A finished poll."""
    return Polled(at, result or Failed("slow", "too slow"), Origin.LIVE, TRACE, AT)


def bulletins(parsed: Parsed) -> list[Bulletin]:
    """The bulletins of what was parsed."""
    return [record for record in parsed.records if isinstance(record, Bulletin)]


def landslide(
    kinds: dict[str, tuple[str, str, str]],
    *,
    title: str = "土砂災害警戒情報",
    status: str = "通常",
    info_type: str = "発表",
    reported_at: str = "2026-09-21T15:00:00+09:00",
    info_kind: str = "土砂災害警戒情報",
    version: str = "1.0_0",
    serial: str = "1",
    office: str = "横浜地方気象台",
    encoding: str = "UTF-8",
    prolog: str = "",
) -> bytes:
    """A VXWW50 with these areas: class20 code -> (name, code, status) of its kind."""
    items = "".join(
        f"<Item><Kind><Name>{name}</Name><Code>{code}</Code><Status>{state}</Status></Kind>"
        f"<Area><Name>{area}</Name><Code>{area}</Code></Area></Item>"
        for area, (name, code, state) in kinds.items()
    )
    reported = f"<ReportDateTime>{reported_at}</ReportDateTime>" if reported_at else ""
    body = f'<Warning type="土砂災害警戒情報">{items}</Warning>' if kinds else "<Text>取り消します。</Text>"
    text = f"""<?xml version="1.0" encoding="{encoding}"?>{prolog}
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"><Control><Title>{title}</Title>
<DateTime>2026-09-21T06:00:00Z</DateTime><Status>{status}</Status>
<EditorialOffice>{office}</EditorialOffice><PublishingOffice>{office}</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>神奈川県レベル４土砂災害危険警報</Title>{reported}
<EventID>神奈川県土砂災害警戒情報</EventID><InfoType>{info_type}</InfoType><Serial>{serial}</Serial>
<InfoKind>{info_kind}</InfoKind><InfoKindVersion>{version}</InfoKindVersion>
<Headline><Text>見出し</Text></Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/">{body}</Body></Report>"""
    return text.encode(encoding)


WARNED = {"1420600": ("警戒", "3", "発表")}


def stage_file(*rows: object, **extra: object) -> bytes:
    """A station's file with these ten-minute values."""
    return json.dumps({"min10Values": list(rows)} | extra, ensure_ascii=False).encode()


def stage(minutes: int, value: object = 1.0, code: object = 0) -> dict[str, object]:
    """One value, `minutes` after 14:00 JST on 2026-09-21."""
    at = datetime(2026, 9, 21, 14, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    return {"obsTime": f"{at:%Y/%m/%d %H:%M}", "stg": value, "stgCcd": code, "stg10mChg": 0}
