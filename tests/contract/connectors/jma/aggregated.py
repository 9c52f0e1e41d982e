"""A VPWS50 as public descriptions of 2026 have it: unverified against a recording.

Known of it: the title 気象警報・注意報（Ｒ０６）（集約通報）, a warning's InfoKind and version, no EventID, no Serial,
every municipality of Japan in the section 市町村等, several kinds in one row.
"""

from tests.unit.connectors.writing import KANAGAWA

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"><Control><Title>気象警報・注意報（Ｒ０６）（集約通報）</Title>
<DateTime>2026-09-21T05:50:00Z</DateTime><Status>通常</Status><EditorialOffice>気象庁本庁</EditorialOffice>
<PublishingOffice>気象庁</PublishingOffice></Control><Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/">
<Title>警戒・注意事項集約定時通報</Title><ReportDateTime>2026-09-21T14:50:00+09:00</ReportDateTime>
<TargetDateTime>2026-09-21T14:50:00+09:00</TargetDateTime><EventID/><InfoType>{info_type}</InfoType><Serial/>
<InfoKind>気象警報・注意報</InfoKind><InfoKindVersion>1.5_0</InfoKindVersion><Headline><Text/></Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/" xmlns:jmx_eb="http://xml.kishou.go.jp/jmaxml1/elementBasis1/">
"""
NONE = "<Kind><Status>発表警報・注意報はなし</Status></Kind>"
KIND = """<Kind><Name>{name}</Name><Code>{code}</Code><Status>{status}</Status><LastKind><Name>{name}</Name>
<Code>{code}</Code></LastKind><Property><Type>危険度</Type><SignificancyPart><Base><Significancy type="危険度">
<Name>警戒レベル３相当</Name><Code>31</Code></Significancy></Base></SignificancyPart></Property></Kind>
"""


def kind(code: str, status: str, name: str = "レベル３大雨警報") -> str:
    """One Kind."""
    return KIND.format(name=name, code=code, status=status)


def snapshot(kinds: dict[str, str], others: int = 0, each: str = NONE, info_type: str = "発表") -> bytes:
    """A snapshot with these kinds by area, nothing for the rest of Kanagawa, and `others` elsewhere with `each`."""
    ours = {area: kinds.get(area, NONE) for area in KANAGAWA.areas} | kinds
    rest = {f"{20 + number % 10:02}{number // 10:03}00": each for number in range(others)}
    rows = "".join(
        f"<Item>{said}<Area><Name>市町村{area}</Name><Code>{area}</Code></Area></Item>"
        for area, said in (rest | ours).items()
    )
    section = f'<Warning type="気象警報・注意報（市町村等）">{rows}</Warning>'
    return (HEAD.format(info_type=info_type) + section + "</Body></Report>").encode()
