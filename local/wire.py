"""Facts rendered as their sources would send them: JMA's Atom feed and VXWW50, 川の防災情報's JSON. Pure.

The JSON is built from public descriptions of that site (domain notes §4.1-4.2) and is unverified against a recording.
"""

import json
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from local.scenario import JST, STEP, Gauge, Scenario, Telegram
from schemas.reference import areas

NORMAL, NOT_RECEIVED = 0, 160
HISTORY_SLOTS = 18


def stage_time(scenario: Scenario, now: datetime) -> bytes:
    """tmCrntTime.json: the newest 10-minute slot that is published at `now`."""
    delay = max((gauge.published_after for gauge in scenario.gauges), default=timedelta())
    return _json({"crntObsTime": f"{_slot(now - delay):%Y/%m/%d %H:%M}"})


def stage_file(gauge: Gauge, slot: datetime, now: datetime) -> bytes | None:
    """A station's file for `slot`, or None while it is not published (404): the value and three hours of history."""
    if slot + gauge.published_after > now:
        return None
    known = dict(gauge.stages)
    past = [slot - i * STEP for i in range(HISTORY_SLOTS)]
    values = [_stage_value(at, known.get(at), known.get(at - STEP)) for at in past if at >= gauge.stages[0][0]]
    if not values:
        return None
    hours = [value for value in values if str(value["obsTime"]).endswith(":00")]
    return _json({"obsValue": values[0], "min10Values": values, "hrValues": hours})


def atom_feed(scenario: Scenario, address: str, now: datetime, reach: timedelta) -> tuple[bytes, datetime]:
    """The feed as of `now` with the entries of the last `reach`, and when it last changed."""
    shown = [t for t in scenario.telegrams if now - reach <= t.at <= now]
    changed = max((t.at for t in scenario.telegrams if t.at <= now), default=scenario.start)
    entries = "".join(_entry(telegram, address) for telegram in reversed(shown))
    feed = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" lang="ja">\n'
        f"<title>高頻度（随時）</title><subtitle>JMAXML publishing feed</subtitle>\n"
        f"<updated>{changed.isoformat()}</updated>\n"
        f"<id>{address}/developer/xml/feed/extra.xml</id>\n{entries}</feed>\n"
    )
    return feed.encode(), changed


def telegram_xml(telegram: Telegram) -> bytes:
    """The telegram's bytes: as recorded, or rendered from its facts."""
    if telegram.file is not None:
        return telegram.file.read_bytes()
    return _landslide(telegram).encode()


def _entry(telegram: Telegram, address: str) -> str:
    url = f"{address}/developer/xml/data/{telegram.name}"
    return (
        f"<entry><title>土砂災害警戒情報</title><id>{url}</id><updated>{telegram.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<author><name>横浜地方気象台</name></author><link type="application/xml" href="{url}"/>'
        f'<content type="text">{escape(telegram.headline)}</content></entry>\n'
    )


def _landslide(telegram: Telegram) -> str:
    """VXWW50 lists all 35 areas every time: 3 警戒, 1 解除, 0 なし."""
    at = telegram.at.astimezone(JST).isoformat()
    items = "".join(_landslide_item(telegram, area, found.name) for area, found in areas().items())
    headline = "".join(_headline_item(telegram, area) for area in (*telegram.warned, *telegram.lifted))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/" xmlns:jmx="http://xml.kishou.go.jp/jmaxml1/">
<Control><Title>土砂災害警戒情報</Title><DateTime>{telegram.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</DateTime><Status>通常</Status>
<EditorialOffice>横浜地方気象台</EditorialOffice><PublishingOffice>横浜地方気象台</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>神奈川県レベル４土砂災害危険警報</Title>
<ReportDateTime>{at}</ReportDateTime><TargetDateTime>{at}</TargetDateTime><EventID>神奈川県土砂災害警戒情報</EventID>
<InfoType>発表</InfoType><Serial>{telegram.serial}</Serial>
<InfoKind>土砂災害警戒情報</InfoKind><InfoKindVersion>1.0_0</InfoKindVersion>
<Headline><Text>{escape(telegram.headline)}</Text>
<Information type="土砂災害警戒情報">{headline}</Information></Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"><TargetArea><Name>神奈川県</Name><Code>140000</Code></TargetArea>
<Warning type="土砂災害警戒情報">{items}</Warning></Body></Report>
"""


def _state(telegram: Telegram, area: str) -> tuple[str, str, str]:
    """(name, code, status) of one area."""
    if area in telegram.warned:
        return "警戒", "3", telegram.warned[area]
    return ("解除", "1", "解除") if area in telegram.lifted else ("なし", "0", "なし")


def _landslide_item(telegram: Telegram, area: str, name: str) -> str:
    kind, code, status = _state(telegram, area)
    kind_xml = f"<Kind><Name>{kind}</Name><Code>{code}</Code><Status>{status}</Status></Kind>"
    return f"<Item>{kind_xml}<Area><Name>{name}</Name><Code>{area}</Code></Area></Item>\n"


def _headline_item(telegram: Telegram, area: str) -> str:
    kind, code, status = _state(telegram, area)
    kind_xml = f"<Kind><Name>{kind}</Name><Code>{code}</Code><Condition>{status}</Condition></Kind>"
    area_xml = f"<Area><Name>{areas()[area].name}</Name><Code>{area}</Code></Area>"
    return f'<Item>{kind_xml}<Areas codeType="気象・地震・火山情報／市町村等">{area_xml}</Areas></Item>\n'


def _stage_value(at: datetime, stage: float | None, before: float | None) -> dict[str, object]:
    """One value as the site writes it: 0 with a code of 128 or more means no value, not zero."""
    change = round(stage - before, 2) if stage is not None and before is not None else 0.0
    return {
        "obsTime": f"{at.astimezone(JST):%Y/%m/%d %H:%M}",
        "stg": 0 if stage is None else stage,
        "stgCcd": NOT_RECEIVED if stage is None else NORMAL,
        "stg10mChg": change,
    }


def _slot(at: datetime) -> datetime:
    local = at.astimezone(JST)
    return local.replace(minute=local.minute // 10 * 10, second=0, microsecond=0)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
