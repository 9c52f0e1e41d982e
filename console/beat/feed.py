"""The feed of test telegrams: 土砂災害警戒情報 with Status 試験, for one area, up at each minute and over at its half.

Pure: what stands in the feed follows from the time alone, so a restart changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

EVERY = timedelta(seconds=60)
HALF = timedelta(seconds=30)
LISTED = 4
JST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Telegram:
    """One test telegram: `number` counts minutes, `up` is the warning, else its end."""

    number: int
    up: bool
    prefecture: str

    @property
    def at(self) -> datetime:
        """When it was issued."""
        return datetime.fromtimestamp(0, UTC) + self.number * EVERY + (timedelta() if self.up else HALF)

    @property
    def name(self) -> str:
        """A file name as JMA gives them: time (UTC), data type, office."""
        return f"{self.at:%Y%m%d%H%M%S}_0_VXWW50_{self.prefecture}0000.xml"


def number_of(name: str) -> int | None:
    """The beat that a telegram's address is about, or None."""
    try:
        at = datetime.strptime(name.rpartition("/")[2][:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp() // EVERY.total_seconds())


def telegrams(now: datetime, prefecture: str) -> tuple[Telegram, ...]:
    """What the feed names at `now` (real time), the newest first."""
    return tuple(_back_from(now, prefecture))


def _back_from(now: datetime, prefecture: str) -> Iterator[Telegram]:
    half = int(now.timestamp() // HALF.total_seconds())
    for step in range(LISTED):
        yield Telegram((half - step) // 2, (half - step) % 2 == 0, prefecture)


def atom(listed: tuple[Telegram, ...], address: str) -> str:
    """The Atom feed, as JMA writes its own."""
    entries = "".join(
        f"<entry><title>土砂災害警戒情報</title><id>{address}/beat/{one.name}</id>"
        f"<updated>{one.at:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<link type="application/xml" href="{address}/beat/{one.name}"/></entry>'
        for one in listed
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        "<title>Sonae link test 試験</title>"
        f"<updated>{listed[0].at:%Y-%m-%dT%H:%M:%SZ}</updated><id>urn:sonae:beat</id>{entries}</feed>"
    )


def telegram(one: Telegram, area: str, area_name: str) -> str:
    """The telegram: kind code 3 (警戒レベル４相当) while it is up, 解除 after."""
    kind, code, status = ("警戒", "3", "発表") if one.up else ("なし", "0", "解除")
    reported = one.at.astimezone(JST).isoformat(timespec="seconds")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"><Control><Title>土砂災害警戒情報</Title>
<DateTime>{one.at:%Y-%m-%dT%H:%M:%SZ}</DateTime><Status>試験</Status>
<EditorialOffice>Sonae</EditorialOffice><PublishingOffice>Sonae</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>経路の試験</Title>
<ReportDateTime>{reported}</ReportDateTime><EventID>経路の試験</EventID><InfoType>発表</InfoType><Serial/>
<InfoKind>土砂災害警戒情報</InfoKind><InfoKindVersion>1.0_0</InfoKindVersion>
<Headline><Text>経路の試験です。災害ではありません。</Text></Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"><Warning type="土砂災害警戒情報">
<Item><Kind><Name>{kind}</Name><Code>{code}</Code><Status>{status}</Status></Kind>
<Area><Name>{area_name}</Name><Code>{area}</Code></Area></Item></Warning></Body></Report>"""
