"""What every detector must be, found by discovery so that a new one cannot stay out.

A detector is a function `take_*` of a module in streams.detect: (state, record, knowledge) → (state', what was seen).
"""

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import streams.detect
from schemas.records.base import Hazard, World
from schemas.records.observed import Bulletin, ReadingBatch, Report, ReportKind
from schemas.records.plumbing import Tick
from streams.detect.area import initial
from streams.detect.knowledge import DamFacts
from streams.detect.state import Watch
from streams.watch import Watched, WatchFold
from tests.unit.streams.inputs import (
    DAM,
    FUJISAWA,
    FUJISAWA_AREA,
    bulletin,
    climb,
    dam_polls,
    item,
    jst,
    knowledge,
    polls,
    report,
    tick,
)

Detector = Callable[..., tuple[Watch, list[Any]]]
TEN = jst("21 10:00")
KNOWN = replace(knowledge(), dams={DAM: DamFacts(DAM, "城山ダム", (FUJISAWA_AREA,))})
FLOOD = climb(TEN, 3.8, 4.2, 4.6, 5.0, 5.3, 5.7, 5.8, 5.5, 5.1, 4.6, 4.2, 3.9, 3.8, 3.7, 3.6)
INPUTS: dict[type, list[Any]] = {
    ReadingBatch: [*polls(FLOOD), *dam_polls(TEN)],
    Bulletin: [
        bulletin(TEN + timedelta(hours=i), item(Hazard.LANDSLIDE, n), serial=i) for i, n in enumerate((2, 3, 4, 3))
    ],
    Report: [report(TEN, ReportKind.LEAKAGE, Hazard.FLOOD), report(TEN, ReportKind.PRECURSOR, Hazard.LANDSLIDE)],
    Tick: [tick(TEN + timedelta(minutes=m)) for m in (55, 75, 95, 115)],
}


def found() -> Iterator[tuple[str, Detector, type]]:
    """Every detector with the record that it takes."""
    for module in pkgutil.iter_modules(streams.detect.__path__):
        loaded = importlib.import_module(f"streams.detect.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if name.startswith("take_") and function.__module__ == loaded.__name__:
                yield name, function, list(inspect.signature(function).parameters.values())[1].annotation


DETECTORS = list(found())
every = pytest.mark.parametrize(("detector", "kind"), [d[1:] for d in DETECTORS], ids=[d[0] for d in DETECTORS])


def before(kind: type) -> Watch:
    """A state in which something is going on, so that a tick has somebody to miss."""
    state = initial(World.ACTUAL, FUJISAWA)
    if kind is Tick:
        take = next(d for name, d, _ in DETECTORS if name == "take_batch")
        for record in INPUTS[ReadingBatch][:6]:
            state, _ = take(state, record, KNOWN)
    return state


def test_all_inputs_have_a_detector() -> None:
    """And every detector an input here."""
    assert {kind for _, _, kind in DETECTORS} == set(INPUTS)


@every
def test_it_sees_something(detector: Detector, kind: type) -> None:
    """The inputs here are no idle ones."""
    assert any(seen for *_, seen in walk(detector, kind))


@every
def test_it_leaves_its_input_alone(detector: Detector, kind: type) -> None:
    """State and record are values."""
    state = before(kind)
    for record in INPUTS[kind]:
        kept = copy.deepcopy((state, record))
        after, _ = detector(state, record, KNOWN)
        assert (state, record) == kept
        state = after


@every
def test_it_gives_the_same_answer_to_the_same_question(detector: Detector, kind: type) -> None:
    """No clock, no chance, no memory of its own."""
    assert list(walk(detector, kind)) == list(walk(detector, kind))


@every
def test_it_goes_on_after_any_restart(detector: Detector, kind: type) -> None:
    """State through pickle and through the app's own bytes, after each step."""
    fold = WatchFold(KNOWN)
    for state, record, _ in walk(detector, kind):
        after, seen = detector(state, record, KNOWN)
        restored = fold.decode(fold.encode(Watched(state))).watch
        for again in (pickle.loads(pickle.dumps(state)), restored):  # noqa: S301  # our own bytes of a moment ago
            assert detector(again, record, KNOWN) == (after, seen)


@every
def test_a_repeat_changes_nothing(detector: Detector, kind: type) -> None:
    """The same record twice in a row."""
    state = before(kind)
    for record in INPUTS[kind]:
        state, _ = detector(state, record, KNOWN)
        assert detector(state, record, KNOWN) == (state, [])


def walk(detector: Detector, kind: type) -> Iterator[tuple[Watch, Any, list[Any]]]:
    """State before, record, and what was seen, for each input."""
    state = before(kind)
    for record in INPUTS[kind]:
        after, seen = detector(state, record, KNOWN)
        yield state, record, seen
        state = after
