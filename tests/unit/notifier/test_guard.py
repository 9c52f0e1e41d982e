"""What is sent and what is not, reason by reason and in both directions."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.guard import Asked, Device, Latest, Reason, Words, deliver_until, end_of, stops_device, stops_job
from notifier.render import render_order
from schemas.levels import DRILL_MARK
from schemas.records.base import OrderType, Origin, World
from schemas.records.decided import Action, Order, Text
from schemas.records.delivered import DeliveryJob, End
from tests.deliveries import NOON, a_call, a_job, an_order

HERE, ELSEWHERE = Device(True, False, None), Device(False, False, None)
DRILLS = [World.EXERCISE, World.TEST]
LINES = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1).filter(lambda text: text.strip())


def asked(job: DeliveryJob, **changed: Any) -> Asked:
    return dataclasses.replace(Asked(job, job.world, None, NOON), **changed)


def words(order: Order) -> Words:
    letter = render_order(order, "ja", "https://example.jp/")
    return Words(letter.title, letter.body)


def latest(revision: int, halted: bool = False) -> Latest:
    return Latest(revision, halted, NOON + timedelta(hours=1))


def test_a_live_actual_order_goes_to_a_resident() -> None:
    """Nothing stands in the way of the one thing that matters."""
    order = an_order()
    assert stops_device(asked(a_job(order)), ELSEWHERE, words(order)) is None


def test_a_call_goes_to_an_officer() -> None:
    """Somebody is woken."""
    assert stops_device(asked(a_job(a_call())), ELSEWHERE, Words("呼出", "境川")) is None


@pytest.mark.parametrize(("left_s", "stopped"), [(3600, None), (1, None), (0.5, Reason.EXPIRED), (-1, Reason.EXPIRED)])
def test_nothing_is_sent_once_its_time_is_over(left_s: float, stopped: Reason | None) -> None:
    """A phone that comes back tomorrow must not ring for yesterday's flood."""
    order = an_order(deliver_until=NOON + timedelta(seconds=left_s))
    assert stops_job(asked(a_job(order))) is stopped


def test_a_call_is_pushed_for_ten_minutes() -> None:
    """By then it has been escalated five times; a late one would only confuse."""
    job = a_job(a_call())
    assert stops_job(asked(job, now=NOON + timedelta(minutes=9))) is None
    assert stops_job(asked(job, now=NOON + timedelta(minutes=10))) is Reason.EXPIRED


def test_the_newest_word_on_when_to_stop_counts() -> None:
    """What the planner knows about this revision is newer than what the job was made with."""
    job = a_job(an_order())
    sooner = Latest(1, False, NOON + timedelta(minutes=1))
    assert deliver_until(asked(job, latest=sooner)) == NOON + timedelta(minutes=1)
    assert deliver_until(asked(job, latest=dataclasses.replace(sooner, revision=2))) == NOON + timedelta(hours=1)


@given(known=st.integers(1, 50), sent=st.integers(1, 50))
def test_an_older_revision_never_follows_a_newer_one(known: int, sent: int) -> None:
    """In whatever order jobs arrive."""
    job = a_job(an_order(revision=sent))
    stopped = stops_job(asked(job, latest=latest(known)))
    assert stopped is (Reason.SUPERSEDED if sent < known else None)


def test_a_halt_stops_this_revision_and_not_the_next() -> None:
    """One officer can stop the sending; what two officers order after that is sent."""
    first, second = an_order(), an_order(revision=2, action=Action.REVISE)
    assert stops_job(asked(a_job(first), latest=latest(1, halted=True))) is Reason.HALTED
    assert stops_job(asked(a_job(an_order(halted=True)))) is Reason.HALTED
    assert stops_job(asked(a_job(second), latest=latest(1, halted=True))) is None


@pytest.mark.parametrize("end", list(End))
def test_who_has_an_end_is_not_told_again(end: End) -> None:
    """A phone rings once."""
    order = an_order()
    device = dataclasses.replace(ELSEWHERE, ended=end)
    assert stops_device(asked(a_job(order)), device, words(order)) is Reason.REPEATED


@given(origin=st.sampled_from(Origin), loopback=st.booleans(), world=st.sampled_from(World))
def test_a_replay_goes_to_this_machine_only(origin: Origin, loopback: bool, world: World) -> None:
    """Never to a live endpoint, and only a replay is stopped for it."""
    order = an_order(origin=origin, world=world)
    stopped = stops_device(asked(a_job(order)), Device(loopback, True, None), words(order))
    assert stopped is (Reason.REPLAYED if origin is Origin.REPLAY and not loopback else None)


@given(world=st.sampled_from(World), drills=st.booleans())
def test_a_drill_reaches_only_who_opted_in(world: World, drills: bool) -> None:
    """And who did not opt in still gets what is real."""
    order = an_order(world=world)
    stopped = stops_device(asked(a_job(order)), Device(False, drills, None), words(order))
    assert stopped is (Reason.NO_CONSENT if world is not World.ACTUAL and not drills else None)


@given(world=st.sampled_from(DRILLS), title=LINES, lines=st.lists(LINES, min_size=1), unmarked=st.integers(0))
def test_a_drill_with_one_unmarked_line_is_not_sent(world: World, title: str, lines: list[str], unmarked: int) -> None:
    """A line read alone must say that it is a drill."""
    order = an_order(world=world, texts=(Text("ja", title, "\n".join(lines)),))
    shown, device = words(order), Device(False, True, None)
    assert stops_device(asked(a_job(order)), device, shown) is None
    body = shown.body.splitlines()
    at = unmarked % len(body)
    body[at] = "x" + body[at].removeprefix(DRILL_MARK[world])
    spoiled = [Words(shown.title, "\n".join(body)), Words(shown.title.removeprefix(DRILL_MARK[world]) or "x", "")]
    for one in spoiled:
        assert stops_device(asked(a_job(order)), device, one) is Reason.UNMARKED


@given(world=st.sampled_from(DRILLS), at=st.integers(0, 2))
def test_what_is_real_is_not_sent_under_a_drills_mark(world: World, at: int) -> None:
    """Who reads 【訓練】 stays at home."""
    lines = ["藤沢市 避難指示", "境川が氾濫します。", "逃げてください。"]
    lines[at] = DRILL_MARK[world] + lines[at]
    shown = Words(lines[0], "\n".join(lines[1:]))
    assert stops_device(asked(a_job(an_order())), ELSEWHERE, shown) is Reason.MISMARKED


def test_a_real_order_may_speak_of_a_drill() -> None:
    """「これは訓練ではありません」 is what a town hall would say."""
    shown = Words("藤沢市 避難指示", "これは【訓練】ではありません。")
    assert stops_device(asked(a_job(an_order())), ELSEWHERE, shown) is None


@given(worker=st.sampled_from(World), job=st.sampled_from(World), order=st.sampled_from(World))
def test_a_worker_sends_only_what_is_of_its_world_throughout(worker: World, job: World, order: World) -> None:
    """A job of one world that carries an order of another is nobody's."""
    made = a_job(an_order(world=order), world=job)
    stopped = stops_job(asked(made, world=worker))
    assert stopped is (None if worker == job == order else Reason.OTHER_WORLD)


def test_a_replayed_order_cannot_hide_in_a_live_job() -> None:
    """Origins must agree, like worlds."""
    job = a_job(an_order(origin=Origin.REPLAY), origin=Origin.LIVE)
    assert stops_job(asked(job)) is Reason.OTHER_WORLD


@pytest.mark.parametrize(
    "job",
    [
        a_job(an_order(), order=None),
        a_job(an_order(), call=a_call()),
        a_job(an_order(), order_id="another"),
        a_job(an_order(), revision=2),
        a_job(a_call(), order_id="another"),
        a_job(an_order(level=5)),
        a_job(an_order(level=None)),
        a_job(an_order(order_type=OrderType.TSUNAMI_EVACUATION)),
        a_job(an_order(action=Action.LIFT, in_force=True)),
        a_job(an_order(action=Action.ISSUE, in_force=False)),
    ],
    ids=["nothing", "both", "id", "revision", "call id", "level 5", "no level", "tsunami with 4", "lift", "issue"],
)
def test_what_contradicts_itself_is_not_guessed(job: DeliveryJob) -> None:
    """A level 5 under the words of level 4 could send people out or keep them in: neither is ours to choose."""
    assert stops_job(asked(job)) is Reason.UNKNOWN


def test_a_tsunami_order_has_no_level_number() -> None:
    """And is sent."""
    order = an_order(order_type=OrderType.TSUNAMI_EVACUATION, level=None)
    assert stops_job(asked(a_job(order))) is None


def test_each_reason_has_its_end() -> None:
    """Only what a newer revision or the clock did is not a refusal."""
    assert end_of(Reason.SUPERSEDED) is End.SUPERSEDED
    assert end_of(Reason.EXPIRED) is End.EXPIRED
    assert {end_of(reason) for reason in set(Reason) - {Reason.SUPERSEDED, Reason.EXPIRED}} == {End.REFUSED}
