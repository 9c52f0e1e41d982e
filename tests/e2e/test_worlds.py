"""What is a drill, a test, a replay or of no known kind never passes for real, and what is real never for a drill."""

import asyncio
import json
import re

import pytest

from schemas.levels import DRILL_MARK
from schemas.records.base import Origin, World
from schemas.records.delivered import End, JobOutcome, Plan
from tests.e2e.rig_worlds import FUJISAWA, OUTSIDE, STAFF, WARNED, Played, play, report_time

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

MARKS = ("【訓練】", "【試験】")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The evening, played once; the tests look at what it left behind."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SONAE_PUSH_HOSTS", OUTSIDE)
        return asyncio.run(play(tmp_path_factory.mktemp("worlds")))


def test_an_exercise_order_reaches_exactly_who_opted_in(played: Played) -> None:
    """One order for each municipality; nobody else's phone rings."""
    for resident in played.residents:
        orders = [one for one in played.shown(resident, World.EXERCISE) if one["kind"] == "order"]
        assert len(orders) == (1 if resident.drills else 0), resident


def test_every_line_of_an_exercise_is_marked(played: Played) -> None:
    """The title and every line of the body, of orders, lifts and calls."""
    shown = [one for who in (*played.residents, *played.officers.values()) for one in played.shown(who, World.EXERCISE)]
    assert {one["kind"] for one in shown} == {"order", "call"}
    for one in shown:
        lines = [one["title"], *filter(None, one["body"].splitlines())]
        assert all(line.startswith("【訓練】") for line in lines), lines


def test_an_actual_order_reaches_everyone_and_is_never_marked(played: Played) -> None:
    """Also those who opted in to drills; no line of it bears a drill's mark."""
    for resident in played.residents:
        (shown,) = played.shown(resident, World.ACTUAL)
        assert not any(mark in text for mark in MARKS for text in (shown["title"], shown["body"])), resident


def test_a_lift_takes_the_place_of_its_own_order_only(played: Played) -> None:
    """An exercise's lift leaves the actual order alone: each order keeps a notification of its own."""
    for resident in played.residents:
        shown = [one for one in played.screens[resident.device]["shown"] if one["kind"] == "order"]
        assert len({one["tag"] for one in shown}) == len(shown) == (2 if resident.drills else 1)
        assert {one["rev"] for one in shown} == {1 if resident.place == FUJISAWA else 2}


def test_a_call_of_an_exercise_wakes_only_an_officer_who_opted_in(played: Played) -> None:
    """A did, B did not."""
    called = {letter: played.shown(device, World.EXERCISE) for letter, device in played.officers.items()}
    assert {one["kind"] for one in called["a"]} == {"call"}
    assert called["b"] == []


@pytest.mark.parametrize(
    ("name", "world"), [("actual.xml", World.ACTUAL), ("drill.xml", World.EXERCISE), ("test.xml", World.TEST)]
)
def test_a_telegrams_status_decides_its_world(played: Played, name: str, world: World) -> None:
    """All 35 areas of it are on that world's topic, and none of it on another's."""
    told = {
        w: [b for b in topics.of("bulletins") if b.reported_at == report_time(name)]
        for w, topics in played.topics.items()
    }
    assert {w: len(found) for w, found in told.items()} == {w: 35 if w is world else 0 for w in World}


def test_a_drill_is_never_recommended_or_ordered_in_the_actual_world(played: Played) -> None:
    """The area that only the drill warned of has level 4 in the exercise alone, and the other way round."""
    four = {
        world: {c.area for r in topics.of("recommendation-log") for c in r.called if c.level == 4}
        for world, topics in played.topics.items()
    }
    assert four == {World.ACTUAL: {WARNED["actual.xml"]}, World.EXERCISE: {WARNED["drill.xml"]}, World.TEST: set()}
    assert {o.world for o in played.topics[World.ACTUAL].of("orders")} == {World.ACTUAL}
    assert {o.world for o in played.topics[World.EXERCISE].of("orders")} == {World.EXERCISE}


def test_a_telegram_of_unknown_status_is_parked_and_reaches_no_world(played: Played) -> None:
    """One dead letter that says why."""
    (letter,) = played.topics[World.ACTUAL].of("dead-letters")
    assert (letter.reason, letter.world) == ("unknown_status", None)
    assert "運用" in letter.text
    for topics in played.topics.values():
        assert not [b for b in topics.of("bulletins") if b.reported_at == report_time("unknown.xml")]


@pytest.mark.parametrize("world", [World.ACTUAL, World.EXERCISE])
def test_a_replayed_order_never_leaves_this_machine(played: Played, world: World) -> None:
    """A device at another push service is planned for like all others, and refused by the guard without a request."""
    outcomes: list[JobOutcome] = played.topics[world].of("outcomes")
    ends = [end for outcome in outcomes for end in outcome.ends if end.subscriber in played.outsiders]
    assert {end.subscriber for end in ends} == set(played.outsiders)
    assert {(end.end, end.status, end.detail) for end in ends} == {(End.REFUSED, None, "guard: replayed")}
    here = {
        e.end
        for o in outcomes
        for e in o.ends
        if e.subscriber not in played.outsiders and o.order_id in _orders(played, world)
    }
    assert here == {End.ACCEPTED}


def test_everything_says_that_it_is_a_replay(played: Played) -> None:
    """From bulletins to plans: nothing that came from a replay server calls itself live."""
    for topics in played.topics.values():
        for name in ("bulletins", "detections", "recommendation-log", "decisions", "orders", "plans", "outcomes"):
            assert {record.origin for record in topics.of(name)} <= {Origin.REPLAY}, name


def test_the_plan_of_an_exercise_counts_only_who_opted_in(played: Played) -> None:
    """3 residents who opted in and the device outside; in the actual world all 6 and that one."""
    for world, audience in ((World.EXERCISE, 4), (World.ACTUAL, 7)):
        plans: list[Plan] = played.topics[world].of("plans")
        firsts = [p for p in plans if p.kind == "first" and p.state == "started"]
        assert {(p.municipality, p.audience) for p in firsts} == {(place, audience) for place in STAFF}


def test_a_partner_is_told_which_world_an_event_is_of(played: Played) -> None:
    """Exercise events carry the mark, actual ones none."""
    orders = [body for kind, body, _ in played.events if kind == "orders"]
    assert {(body["world"], body["mark"]) for body in orders} == {("actual", ""), ("exercise", "【訓練】")}
    assert all(body["record"]["world"] == body["world"] for body in orders)


def test_a_partners_webhook_is_told_the_world_of_every_event(played: Played) -> None:
    """Signed posts: the mark exactly for what is not real, and every order under its own world."""
    assert {post["world"] for post in played.posts} == {"actual", "exercise"}
    assert all(post["mark"] == DRILL_MARK[World(post["world"])] for post in played.posts)
    assert all(post["record"]["world"] == post["world"] for post in played.posts)
    for world in (World.ACTUAL, World.EXERCISE):
        told = {p["record"]["id"] for p in played.posts if p["kind"] == "orders" and p["world"] == world}
        assert told == _orders(played, world)


@pytest.mark.parametrize("world", World)
def test_public_pages_feeds_and_cap_alerts_of_a_world_know_only_its_own_orders(played: Played, world: World) -> None:
    """No id of another world's order is in any file of a world; nothing of a drill lies outside of its folder."""
    mine, others = _files(played, world), {i for w in World if w is not world for i in _orders(played, w)}
    crossed = [(path, name) for path, text in mine.items() for name in others if name in text or name in path]
    assert crossed == []
    assert all(any(name in path for path in mine) for name in _orders(played, world))


@pytest.mark.parametrize(("world", "status"), [(World.ACTUAL, "Test"), (World.EXERCISE, "Exercise")])
def test_what_is_published_is_marked_iff_it_is_not_real(played: Played, world: World, status: str) -> None:
    """Pages, JSON's world, CAP's status (what is played here is a replay: nobody's alert), every headline and title."""
    mark = DRILL_MARK[world]
    files = _files(played, world)
    cap = {path: text for path, text in files.items() if "/cap/" in f"/{path}"}
    assert cap
    for path, text in cap.items():
        assert f"<status>{status}</status>" in text, path
        said = re.findall(r"<(?:headline|description)>([^<]*)", text)
        assert said
        assert all(
            line.startswith(mark) if mark else not line.startswith(MARKS) for s in said for line in s.splitlines()
        )
    pages = [text for path, text in files.items() if re.search(r"(^|/)orders/[0-9a-f]+\.html$", path)]
    assert pages
    assert all((mark in page) if mark else not any(other in page for other in MARKS) for page in pages)
    for path, text in files.items():
        if re.search(r"(^|/)orders/[0-9a-f]+\.json$", path):
            assert json.loads(text)["world"] == world, path
    (feed,) = [text for path, text in files.items() if path.endswith("alerts.atom")]
    titles = re.findall(r"<entry>.*?<title>([^<]*)", feed, re.DOTALL)
    assert all(title.startswith(mark) if mark else not title.startswith(MARKS) for title in titles)


def test_the_desk_wears_its_worlds_frame(played: Played) -> None:
    """An officer sees at once where they are; the words of each world's order stand only on its own page."""
    for world, page in played.desks.items():
        assert f'class="world-{world}"' in page
        assert ('class="drill"' in page) is (world is not World.ACTUAL)
        texts = page[page.index('id="order"') :]
        assert ("発令中" in texts) is (world is not World.TEST)


def _files(played: Played, world: World) -> dict[str, str]:
    """What lies in a world's part of the public folder; the status page belongs to none."""
    drills = tuple(f"{w}/" for w in World if w is not World.ACTUAL)
    own = f"{world}/" if world is not World.ACTUAL else ""
    return {
        path: text
        for path, text in played.files.items()
        if (path.startswith(own) if own else not path.startswith(drills)) and not path.startswith("status")
    }


def _orders(played: Played, world: World) -> set[str]:
    return {order.id for order in played.topics[world].of("orders")}
