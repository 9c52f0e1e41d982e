"""`make up` as a newcomer meets it: every address that it prints answers, and Ctrl-C is its quiet end."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import httpx
import pytest

from local.child import ROOT

pytestmark = pytest.mark.kafka
WHOLE = ("desk", "public pages", "residents' page", "push stand-in", "partner stream", "Kafka", "status", "clock")


async def _until(up: Process, last: str) -> str:
    """What it says up to the line with these words."""
    assert up.stdout
    said = ""
    while last not in said:
        line = await up.stdout.readline()
        assert line, f"it ended: {said}"
        said += line.decode()
    return said


async def _status(client: httpx.AsyncClient, address: str) -> int:
    async with client.stream("GET", address) as answer:
        return answer.status_code


@pytest.mark.deadline(180)
async def test_what_it_prints_is_there_and_ctrl_c_ends_it_with_0() -> None:
    """Desk, pages, residents' page, stand-in, stream, status and clock; nothing about an error at the end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SONAE_")}
    command = (sys.executable, "-m", "local", "up")
    up = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(120):
            said = await _until(up, "Ctrl-C stops everything.")
            assert [name for name in WHOLE if f"\n{name} " not in said] == []
            async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as client:
                found = {address: await _status(client, address) for address in re.findall(r"http://[^\s)]+", said)}
        events = {address for address in found if address.endswith("/events")}
        # The stream wants its token, the steering of the clock a POST, and the API has no page at its root.
        assert {found.pop(address) for address in events} == {401}
        assert {status for address, status in found.items() if not address.endswith("/clock/resume")} <= {200, 404}
        assert all(found[address] == 200 for address in found if address.endswith(("/", "/devices", "/clock")))
        up.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            _, wrong = await up.communicate()
        assert (up.returncode, wrong.decode()) == (0, "")
    finally:
        if up.returncode is None:
            up.terminate()
            await up.wait()
