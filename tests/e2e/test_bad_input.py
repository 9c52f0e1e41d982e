"""Everything bad that we could think of, thrown into a running Sonae at once: each kind has its own clear answer.

What is bad holds up nothing: no process ended, and what was good and came behind it reached its end. docs/faults.md
lists the kinds, also those that the tests of single parts show.
"""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from local.child import ROOT
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, PollOutcome, Quality, ReadingBatch
from schemas.records.plumbing import Heartbeat
from tests.e2e.rig_bad_feeds import BAD_AREA, GOOD_AREA, HARMLESS, LAST, TELEGRAMS, report_time
from tests.e2e.rig_bad_input import Played, play
from tests.e2e.rig_bad_records import RECORDS, unsigned_decision
from tests.e2e.rig_bad_requests import API, DESK, PARTNERS

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

REQUESTS = API | PARTNERS | DESK


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Played once; the tests look at what it left behind."""
    return asyncio.run(play(tmp_path_factory.mktemp("bad")))


@pytest.mark.parametrize("name", TELEGRAMS)
def test_a_bad_telegram_is_parked_with_its_reason(played: Played, name: str) -> None:
    """Shown as unreadable with a sentence; it warns of nobody and lifts nothing."""
    letters = played.of_telegram(name)
    assert {letter.reason for letter in letters} == {TELEGRAMS[name].reason}
    assert len({letter.id for letter in letters}) == 1
    assert all(letter.text and letter.program == "connectors" for letter in letters)
    assert not any("root:" in letter.text for letter in letters)


def test_no_bad_telegram_ever_raised_a_level(played: Played) -> None:
    """The area that all of them warn of was never recommended anything."""
    called = {
        c.area: c.level
        for r in played.topics.of("recommendation-log")
        for c in r.called
        if c.hazard is Hazard.LANDSLIDE
    }
    assert called.get(BAD_AREA) is None
    assert called[GOOD_AREA] == 4


@pytest.mark.parametrize("name", [*HARMLESS, LAST])
def test_an_odd_telegram_is_read(played: Played, name: str) -> None:
    """Another encoding, a long headline, a wrong serial: no reason to refuse a warning. A repeat has the same id."""
    bulletins: list[Bulletin] = played.topics.of("bulletins")
    found = {b.id: b.area for b in bulletins if b.reported_at == report_time(name)}
    assert list(found.values()) == [GOOD_AREA]
    assert played.of_telegram(name) == []


def test_a_stage_below_zero_is_a_stage_and_a_missing_one_is_none(played: Played) -> None:
    """A tidal gauge falls below its zero; what the source did not receive is not zero."""
    batches: list[ReadingBatch] = played.topics.of("readings")
    read = {r.observed_at: (r.value, r.quality) for batch in batches for r in batch.readings}
    assert read[datetime(2026, 9, 21, 4, 50, tzinfo=UTC)] == (-0.42, Quality.VALID)
    assert read[datetime(2026, 9, 21, 4, 10, tzinfo=UTC)] == (None, Quality.MISSING)


def test_a_failed_poll_is_told_and_is_no_absence(played: Played) -> None:
    """500, garbage, half an answer: failed batches with a reason, a source that says it is failing, then well again."""
    batches: list[ReadingBatch] = played.topics.of("readings")
    failed = [batch.reason or "" for batch in batches if batch.outcome is PollOutcome.FAILED]
    assert any("answered 500" in reason for reason in failed)
    assert any("JSON" in reason for reason in failed)
    beats: list[Heartbeat] = [beat for beat in played.topics.of("heartbeats") if beat.source == "jma-extra"]
    assert "failing" in {beat.state for beat in beats}
    assert beats[-1].state == "ok"


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_has_its_answer(played: Played, name: str) -> None:
    """Its status, its stable code, and words."""
    answer, request = played.answers[name], REQUESTS[name]
    assert answer.status_code == request.status, answer.text
    assert request.code in answer.text
    assert len(answer.text) > 10


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record_is_set_aside_by_its_reader(played: Played, name: str) -> None:
    """A dead letter that names its place, says why, and holds the bytes."""
    bad, letter = RECORDS[name], played.letters[played.lies[name]]
    assert (letter.program, letter.reason) == (bad.program, bad.reason)
    assert letter.text
    assert letter.body == (bad.value or b"")


def test_a_decision_that_the_console_did_not_sign_is_refused(played: Played) -> None:
    """It has a verdict like any other, and changes nothing."""
    (verdict,) = [v for v in played.topics.of("verdicts") if v.decision_id == unsigned_decision().id]
    assert (verdict.accepted, verdict.code) == (False, "not_signed")


def test_what_is_good_got_through(played: Played) -> None:
    """One order, told to the device that subscribed after all the junk."""
    (order,) = played.topics.of("orders")
    assert [(shown["id"], shown["rev"]) for shown in played.screen["shown"]] == [(order.id, 1)]


def test_no_process_ended(played: Played) -> None:
    """Content is never a reason to end: only faults of Kafka, Redis or the clock are."""
    assert set(played.restarts.values()) == {0}, played.restarts


def test_there_are_at_least_thirty_kinds() -> None:
    """And each has a name of its own."""
    tables = (TELEGRAMS, HARMLESS, API, PARTNERS, DESK, RECORDS)
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names)) >= 30


def test_the_page_of_faults_names_tests_that_exist() -> None:
    """docs/faults.md points at tests by their files."""
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf8")
    named = set(re.findall(r"`(tests/[a-z0-9_/]+\.py)`", page))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
