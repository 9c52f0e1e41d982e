"""What a CAP message says: worlds, scales, languages, levels; and what is wrong with one that says nothing."""

import pytest

from schemas.records.base import Hazard, World
from schemas.records.observed import Bulletin
from tests.unit.connectors.cap.messages import KAMAKURA, alert, heard, info


def only(body: bytes) -> Bulletin:
    """The one bulletin of a message."""
    (one,) = heard(body).bulletins
    return one


def test_an_alert_becomes_a_bulletin_without_a_level() -> None:
    """Its scales stay words, its rank is a number beside them."""
    one = only(alert())
    (item,) = one.items
    assert (one.area, one.municipality, one.carrier, one.scope) == (
        "1420500",
        "14205",
        "CAP",
        "CAP:alerts@example.org:a1",
    )
    assert (item.hazard, item.level, item.active, item.kind_name) == (Hazard.FLOOD, None, True, "Flood")
    assert item.summary == "Severe / Immediate / Observed. headline"
    assert [(q.name, q.value, q.condition) for q in item.quantities] == [
        ("cap_severity", 3.0, "Severe"),
        ("cap_urgency", 4.0, "Immediate"),
        ("cap_certainty", 4.0, "Observed"),
    ]


def test_unknown_on_a_scale_is_no_number() -> None:
    """Missing is nothing, never 0."""
    (item,) = only(alert("a", info(severity="Unknown"))).items
    assert item.quantities[0].value is None


@pytest.mark.parametrize(("status", "world"), [("Actual", "actual"), ("Exercise", "exercise"), ("Test", "test")])
def test_the_status_decides_the_world(status: str, world: str) -> None:
    """An exercise stays one."""
    assert only(alert(status=status)).world is World(world)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (alert(status="Draft"), "not_for_action"),
        (alert(status="System"), "not_for_action"),
        (alert(status="actual"), "bad_value"),
        (alert(status=""), "missing_element"),
        (alert(scope="Private"), "not_public"),
        (alert(scope="Restricted"), "not_public"),
        (alert(message="Warning"), "bad_value"),
        (alert(message="Update"), "missing_references"),
        (alert(message="Cancel"), "missing_references"),
        (alert(message="Cancel", references="a,b"), "bad_value"),
        (alert(message="Error", references="a,b,2026-09-21T14:00:00+09:00"), "error_message"),
        (alert(sent="2026-09-21T14:00:00"), "naive_time"),
        (alert(sent="yesterday"), "bad_time"),
        (alert(sent="2026-09-21T15:11:00+09:00"), "future_time"),
        (alert("two words"), "bad_value"),
        (alert("a", info(severity="Bad")), "bad_value"),
        (alert("a", info().replace("<event>Flood</event>", "")), "missing_element"),
        (alert("a", info("<polygon>35,139 36,139 36,140</polygon>")), "bad_shape"),
        (alert("a", info("<circle>35,139</circle>")), "bad_shape"),
        (alert("a", info("<circle>nan,139 5</circle>")), "bad_shape"),
        (alert(version="1.3"), "unknown_version"),
        (b"<alert/>", "not_cap"),
        (b"", "empty"),
        (b"<alert", "not_xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><alert>&b;</alert>', "doctype"),
    ],
)
def test_what_is_no_message_for_us_is_parked_with_its_reason(body: bytes, reason: str) -> None:
    """And nothing follows from it."""
    found = heard(body)
    assert (found.bulletins, [one.reason for one in found.parked]) == ((), [reason])


def test_version_1_1_is_read_like_1_2() -> None:
    """Only the namespace differs in what we use."""
    assert only(alert(version="1.1")).items == only(alert()).items


def test_an_acknowledgement_is_counted() -> None:
    """It is about a message of ours, and says nothing about an area."""
    found = heard(alert(message="Ack", references="us,1,2026-09-21T14:00:00+09:00"))
    assert (found.bulletins, found.parked, found.note) == ((), (), "acknowledgement")


def test_one_language_is_shown_per_area_and_none_is_lost() -> None:
    """Japanese, else English, else whatever there is: an area that only the French part names is told in French."""
    infos = (
        info(language="en-US", event="Flood", headline="Flood in Fujisawa"),
        info(language="ja-JP", event="洪水", headline="藤沢市に洪水"),
        info(KAMAKURA, language="fr", event="Inondation", headline="Inondation"),
    )
    titles = {one.area: one.title for one in heard(alert("a", *infos)).bulletins}
    assert titles == {"1420500": "藤沢市に洪水", "1420400": "Inondation"}


def test_all_clear_is_over_whatever_the_event_is_called() -> None:
    """Status decides, not the name; with another response beside it, it is still on."""
    clear, shelter = "<responseType>AllClear</responseType>", "<responseType>Shelter</responseType>"
    assert [item.active for item in only(alert("a", info(extra=clear))).items] == [False]
    assert [item.active for item in only(alert("a", info(extra=clear + shelter))).items] == [True]


@pytest.mark.parametrize(
    ("event", "code", "hazard"),
    [
        ("Flash Flood Watch", "", Hazard.FLOOD),
        ("something", "TSW", Hazard.TSUNAMI),
        ("orages", "SVA", Hazard.STORM),
        ("高潮", "", Hazard.STORM_SURGE),
        ("No flood at all", "", Hazard.OTHER),
        ("Flood", "EQW", Hazard.FLOOD),
    ],
)
def test_hazards_come_from_tables_only(event: str, code: str, hazard: Hazard) -> None:
    """A word inside of a text says nothing."""
    extra = f"<eventCode><valueName>SAME</valueName><value>{code}</value></eventCode>" if code else ""
    (item,) = only(alert("a", info(event=event, extra=extra))).items
    assert item.hazard is hazard


LEVEL = "<parameter><valueName>JP:level</valueName><value>4</value></parameter>"
HAZARD = "<parameter><valueName>JP:hazard</valueName><value>landslide</value></parameter>"
KIND = "<eventCode><valueName>JP:kind</valueName><value>evacuation_order</value></eventCode>"
PROFILE = "<code>urn:sonae:cap:jp:1.0</code>"


def test_only_our_profile_states_a_level() -> None:
    """A foreign alert may call a parameter what it likes."""
    ours, foreign = alert("a", info(extra=KIND + LEVEL + HAZARD), extra=PROFILE), alert("a", info(extra=LEVEL + HAZARD))
    (item,) = only(ours).items
    assert (item.level, item.hazard, item.kind_code) == (4, Hazard.LANDSLIDE, "evacuation_order")
    (item,) = only(foreign).items
    assert (item.level, item.hazard) == (None, Hazard.FLOOD)


def test_a_level_of_our_profile_that_is_none_is_parked() -> None:
    """Never rounded, never guessed."""
    for level in ("6", "4.0", "", "four"):
        body = alert("a", info(extra=LEVEL.replace(">4<", f">{level}<")), extra=PROFILE)
        assert [one.reason for one in heard(body).parked] == ["bad_value"]
