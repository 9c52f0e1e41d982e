"""Event time of a scenario, whose server answers over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from schemas.process.clock import ReplayClock, clock_from

START = datetime(2026, 9, 21, 5, tzinfo=UTC)


class Scenario(ThreadingHTTPServer):
    """A scenario's clock that jumps ten minutes whenever somebody waits for a later time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.now = START
        self.asked: list[dict[str, list[str]]] = []


class Answers(BaseHTTPRequestHandler):
    """GET /clock and GET /clock?after=…&wait=…."""

    server: Scenario

    def do_GET(self) -> None:
        """Jump if somebody waits, then say the time as the replay server does, in Japan's zone."""
        asked = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(asked)
        if "after" in asked and self.server.now <= datetime.fromisoformat(asked["after"][0]):
            self.server.now += timedelta(minutes=10)
        local = self.server.now.astimezone(tz=None)
        body = json.dumps({"now": local.isoformat(), "running": True, "real_time": False}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def scenario() -> Iterator[Scenario]:
    """Its server, answering."""
    server = Scenario()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def address(server: Scenario) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{server.server_address[1]}"


async def test_a_scenarios_time_is_event_time(scenario: Scenario) -> None:
    """In UTC, whatever zone the server writes."""
    clock = clock_from(address(scenario))
    assert await clock.now() == START
    assert (await clock.now()).tzinfo is UTC
    await clock.close()


async def test_sleeping_lasts_until_scenario_time_is_there(scenario: Scenario) -> None:
    """Half an hour of the scenario passes in three jumps; the time of waking is returned."""
    clock = ReplayClock(address(scenario))
    assert await clock.sleep_until(START + timedelta(minutes=25)) == START + timedelta(minutes=30)
    assert len(scenario.asked) == 3
    await clock.close()


async def test_a_moment_that_is_there_is_not_waited_for(scenario: Scenario) -> None:
    """Exactly now counts as reached: nobody jumps."""
    clock = ReplayClock(address(scenario))
    assert await clock.sleep_until(START) == START
    await clock.close()


async def test_a_scenario_that_is_gone_is_a_fault(scenario: Scenario) -> None:
    """The process ends rather than go on with a time of its own."""
    clock = ReplayClock(address(scenario).replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(httpx.HTTPError):
        await clock.now()
    await clock.close()


async def test_a_scenario_that_went_back_holds_nobody_up(scenario: Scenario) -> None:
    """Two hours back: whoever sleeps is told the earlier time at once, and sleeps on from there."""
    clock = ReplayClock(address(scenario))
    woke = await clock.sleep_until(START + timedelta(minutes=10), "x")
    scenario.now -= timedelta(hours=2)
    again = await clock.sleep_until(woke + timedelta(minutes=10), "x")
    assert again == START - timedelta(hours=1, minutes=40)
    assert await clock.sleep_until(again + timedelta(minutes=20), "x") == again + timedelta(minutes=20)
    await clock.close()
