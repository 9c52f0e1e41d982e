"""VPWW telegrams as a test needs them, in the form of JMA's samples."""

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"><Control><Title>{title}</Title>
<DateTime>2026-09-21T05:50:00Z</DateTime><Status>{status}</Status><EditorialOffice>横浜地方気象台</EditorialOffice>
<PublishingOffice>横浜地方気象台</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>神奈川県の警報</Title>
<ReportDateTime>2026-09-21T14:50:00+09:00</ReportDateTime><EventID>{event_id}</EventID>
<InfoType>{info_type}</InfoType><Serial>{serial}</Serial><InfoKind>{info_kind}</InfoKind>
<InfoKindVersion>{version}</InfoKindVersion><Headline><Text>見出し</Text>{headline}</Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/">{body}</Body></Report>"""
RAIN = "気象警報・注意報（Ｒ０６）（大雨）"
OLD = "気象特別警報・警報・注意報"
DEFAULTS = {
    "status": "通常",
    "event_id": "",
    "info_type": "発表",
    "serial": "",
    "info_kind": "気象警報・注意報",
    "version": "1.5_0",
    "headline": "",
}


def report(title: str, body: str, **head: str) -> bytes:
    """A telegram with this title and body; `head` replaces single fields."""
    return REPORT.format(title=title, body=body, **(DEFAULTS | head)).encode()


def kind(code: str, status: str = "発表", name: str = "レベル３大雨警報", more: str = "") -> str:
    """One Kind; `more` is put before its end."""
    return f"<Kind><Name>{name}</Name><Code>{code}</Code><Status>{status}</Status>{more}</Kind>"


def item(kinds: str, code: str, name: str = "どこか") -> str:
    """One row with a bare Area."""
    return f"<Item>{kinds}<Area><Name>{name}</Name><Code>{code}</Code></Area></Item>"


def section(rows: str, name: str = "市町村等") -> str:
    """A Warning section."""
    return f'<Warning type="気象警報・注意報（{name}）">{rows}</Warning>'


def warning(rows: str, title: str = RAIN, **head: str) -> bytes:
    """A warning of Kanagawa with these municipal rows."""
    return report(title, section(item(kind("03"), "140000", "神奈川県"), "府県予報区等") + section(rows), **head)
