"""The feeds file of a replay: the rows that connectors poll, at the replay server's address."""

from pathlib import Path

from local.scenario import Scenario, load_scenario

_ATOM = """\
[[feed]]
id = "jma-extra"
kind = "jma-atom"
url = "{address}/developer/xml/feed/extra.xml"
long_url = "{address}/developer/xml/feed/extra_l.xml"
interval_s = 60
offset_s = 20
cadence_s = 86400
licence = "replay"
attribution = "気象庁防災情報XML（記録の再生）"
[feed.take]
VPWW54 = ["140000"]
VPWW55 = ["140000"]
VPWW56 = ["140000"]
VXWW50 = ["140000"]
VXKO = []

"""
_STAGE = """\
[[feed]]
id = "kawabou-stage"
kind = "kawabou"
url = "{address}/kawabou/"
interval_s = 60
offset_s = 0
cadence_s = 600
licence = "replay"
attribution = "水位（記録の再生）"
stations = [{stations}]
"""
_BEAT = """\

[[feed]]
id = "beat"
kind = "jma-atom"
url = "{address}/beat/feed.xml"
interval_s = 10
offset_s = 0
cadence_s = 60
licence = "own"
attribution = "Sonae link test"
"""
LIVE = Path(__file__).parent.parent / "connectors" / "feeds.toml"


def with_beat(feeds: str | None, address: str, folder: Path) -> dict[str, str]:
    """The feeds of a file (the live ones if None), and the link test's own."""
    file = folder / "feeds-with-beat.toml"
    text = (Path(feeds) if feeds else LIVE).read_text(encoding="utf8")
    file.write_text(text + _BEAT.format(address=address), encoding="utf8")
    return {"SONAE_FEEDS": str(file)}


def write_feeds(path: Path, data: Path | None, address: str, folder: Path) -> dict[str, str]:
    """Write feeds.toml for a scenario into `folder`; the settings that make every program follow the replay."""
    scenario = load_scenario(path, data)
    file = folder / "feeds.toml"
    file.write_text(_feeds(scenario, address), encoding="utf8")
    return {"SONAE_FEEDS": str(file), "SONAE_CLOCK": address, "SONAE_BANNER": scenario.banner}


def _feeds(scenario: Scenario, address: str) -> str:
    """No official hosts at all: nothing that a replay serves can be live."""
    stations = ", ".join(f'"{gauge.station}"' for gauge in scenario.gauges)
    rows = _ATOM.format(address=address) if scenario.telegrams else ""
    rows += _STAGE.format(address=address, stations=stations) if scenario.gauges else ""
    return f"official_hosts = []\n\n{rows}"
