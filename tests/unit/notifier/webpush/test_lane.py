"""The queue before one push service: urgent ones first, nobody lost, nobody kept waiting for a service that hangs."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import ACCEPTED, THROTTLED, UNAVAILABLE, Meaning
from notifier.webpush.lane import GRACE_S, PATIENCE_S, RESERVE, Bundle, Lane, Priority
from notifier.webpush.pace import FIRST_WINDOW, HANDFUL_S, LOWEST_RATE, ROW_TO_REST, Pace

URGENT, CALM = (0, 0.0), (1, 0.0)


def bundle(cause: str, priority: Priority, count: int, since: float = 0.0) -> Bundle[str, str]:
    """So many recipients of one job."""
    return Bundle(cause, priority, [f"{cause}{number}" for number in range(count)], since)


def lane_of(*bundles: Bundle[str, str]) -> Lane[str, str]:
    """A lane in which these wait."""
    lane: Lane[str, str] = Lane()
    for one in bundles:
        lane.put(one)
    return lane


def test_urgent_ones_leave_first_and_of_these_the_newer_order() -> None:
    """Whatever came first."""
    lane = lane_of(bundle("calm", CALM, 2), bundle("older", (0, -1.0), 2), bundle("newer", (0, -2.0), 2))
    left = [name for _ in range(3) for name in lane.take(2, 0.0)]
    assert left == ["newer0", "newer1", "older0", "older1", "calm0", "calm1"]


def test_urgent_ones_leave_also_when_the_window_is_full() -> None:
    """Answers to what is less urgent are not waited for."""
    lane = lane_of(bundle("calm", CALM, 1000))
    assert len(lane.take(1000, 0.0)) == FIRST_WINDOW
    assert lane.ready(0.1) is None
    lane.put(bundle("urgent", URGENT, RESERVE))
    assert lane.ready(0.1) == URGENT
    assert lane.take(10, 0.1)[0] == "urgent0"


def test_where_many_wait_they_leave_in_handfuls() -> None:
    """Not for each answer that frees a place, as long as answers come; few leave at once, and a service that said no is
    tried one by one."""
    lane = lane_of(bundle("many", CALM, 1000))
    lane.take(1000, 0.0)
    lane.pace.heard(ACCEPTED, 1, 0.1, 0.1)
    assert lane.ready(0.1) is None
    assert lane.ready(0.1 + 2 * HANDFUL_S) == CALM
    lane.pace.heard(ACCEPTED, lane.pace.window // 4, 0.2, 0.1)
    assert lane.ready(0.2) == CALM
    lane.take(1000, 0.2)
    lane.drop(lambda _: True)
    lane.pace.heard(ACCEPTED, 1, 0.3, 0.1)
    lane.put(bundle("few", CALM, 2))
    assert lane.ready(0.3) == CALM
    slow = Pace(rate=LOWEST_RATE)
    assert slow.worth(0.0) == 1
    slow.faults = ROW_TO_REST
    assert (slow.worth(0.0), slow.room(0.0)) == (1, 1)


def test_who_waits_behind_a_service_that_hangs_is_sent_home() -> None:
    """After a moment of grace; who comes later is not kept at all until it answers."""
    lane = lane_of(bundle("calm", CALM, 2000))
    lane.take(1000, 0.0)
    assert lane.turn_away(0.9 * GRACE_S) == []
    turned = lane.turn_away(1.5)
    assert sum(len(one.items) for one in turned) > 1000
    assert all(one.wait_s >= PATIENCE_S for one in turned)
    lane.put(bundle("next", CALM, 1000, since=1.6))
    assert sum(len(one.items) for one in lane.turn_away(1.6)) >= 1000 - FIRST_WINDOW


def test_nobody_is_sent_home_from_a_service_that_answers() -> None:
    """Ten thousand wait, and all of them leave within two seconds."""
    lane = lane_of(bundle("calm", CALM, 10_000))
    for step in range(1, 20):
        count = len(lane.take(10_000, step / 10)) if lane.ready(step / 10) else 0
        lane.pace.heard(ACCEPTED, count, step / 10 + 0.05, 0.05)
        assert lane.turn_away(step / 10 + 0.05) == []
    assert lane.queues == {}


def test_who_is_told_to_wait_comes_back_when_the_service_said() -> None:
    """Not before its Retry-After, here 90 seconds."""
    lane = lane_of(bundle("calm", CALM, 500))
    taken = lane.take(ROW_TO_REST, 0.0)
    lane.pace.heard(THROTTLED, len(taken), 0.1, 0.1, 90.0)
    turned = lane.turn_away(0.2)
    assert sum(len(one.items) for one in turned) == 500 - len(taken)
    assert min(one.wait_s for one in turned) >= 89.0


WHEN = st.floats(0, 3)
STEPS = st.lists(
    st.tuples(st.just("put"), st.sampled_from([(0, 0.0), (1, -5.0), (1, 0.0), (2, 0.0)]), st.integers(1, 300))
    | st.tuples(st.just("take"), st.integers(1, 64), WHEN)
    | st.tuples(st.just("hear"), st.sampled_from([ACCEPTED, THROTTLED, UNAVAILABLE]), WHEN)
    | st.tuples(st.just("turn"), st.none(), WHEN)
    | st.tuples(st.just("drop"), st.integers(0, 20), WHEN),
    max_size=60,
)


@given(STEPS)
def test_whoever_was_put_in_comes_out_exactly_once(steps: list[tuple[str, object, object]]) -> None:
    """Taken, sent home or dropped; and what is under way never exceeds the window and its reserve."""
    lane: Lane[str, str] = Lane()
    put: list[str] = []
    out: list[str] = []
    now, way = 0.0, 0
    for number, (what, first, second) in enumerate(steps):
        if what == "put" and isinstance(first, tuple) and isinstance(second, int):
            made = bundle(f"b{number}.", first, second, now)
            put += made.items
            lane.put(made)
            continue
        now += second if isinstance(second, float) else 0.0
        if what == "take" and isinstance(first, int) and lane.ready(now) is not None:
            taken = lane.take(first, now)
            out, way = out + taken, way + len(taken)
            assert way <= lane.pace.window + RESERVE
        elif what == "hear" and isinstance(first, Meaning) and way:
            lane.pace.heard(first, way, now, 0.1)
            way = 0
        elif what == "turn":
            out += [name for turned in lane.turn_away(now) for name in turned.items]
        elif what == "drop":
            out += lane.drop(lambda cause, wanted=first: cause == f"b{wanted}.")  # type: ignore[misc]
    out += lane.drop(lambda _: True)
    assert sorted(out) == sorted(put)
    assert lane.queues == {}
