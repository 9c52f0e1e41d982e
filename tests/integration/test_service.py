"""How a process starts and ends: exit codes that its supervisor understands, and one sentence for a wrong setting."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from local.child import ROOT

PROGRAM = """
import asyncio
from schemas.process.service import run
from schemas.process.settings import Settings, load

async def body(health):
    {body}

run("tested", load(Settings), body)
"""


def start(body: str, settings: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A program of its own process with this body."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(body: str, **settings: str) -> tuple[int, str]:
    """Its exit code and what it said on stderr."""
    child = start(body, settings)
    _, said = child.communicate(timeout=20)
    return child.returncode, said


def test_a_body_that_returns_ends_well() -> None:
    """Nothing is said."""
    assert ended("pass") == (0, "")


def test_a_fault_ends_the_process_with_its_own_code() -> None:
    """70, and a line with the error: the supervisor starts it again."""
    code, said = ended("raise ConnectionError('Kafka is gone')")
    line = json.loads(said.splitlines()[-1])
    assert (code, line["program"], line["error"]) == (70, "tested", "ConnectionError: Kafka is gone")


def test_sigterm_ends_it_in_peace() -> None:
    """0, after the body had its chance to clean up."""
    child = start("print('up', flush=True); await asyncio.Event().wait()", {})
    assert child.stdout
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=20)
    assert (child.returncode, json.loads(said.splitlines()[-1])["event"]) == (0, "stopped")


WRONG = {
    "SONAE_WORLD: ": {"SONAE_WORLD": "drill"},
    "SONAE_HEALTH_PORT: ": {"SONAE_HEALTH_PORT": "70000"},
    "SONAE_NAMESPACE: ": {"SONAE_NAMESPACE": "Über"},
    "SONAE_CLOCK needs SONAE_LOCAL=1": {"SONAE_CLOCK": "http://127.0.0.1:1"},
    "SONAE_LOCAL=1 needs a Kafka on loopback": {"SONAE_LOCAL": "1", "SONAE_KAFKA_BOOTSTRAP": "kafka.example:9092"},
}
ONE_BY_ONE = """
import json, os, sys
from schemas.process.settings import Settings, load

for settings in json.loads(sys.argv[1]):
    os.environ.update(settings)
    try:
        load(Settings)
    except SystemExit as stopped:
        print(stopped.code)
    for name in settings:
        del os.environ[name]
"""


def test_a_wrong_setting_stops_the_start_with_one_sentence() -> None:
    """Exit 2: starting it again would not help."""
    command = [sys.executable, "-c", ONE_BY_ONE, json.dumps(list(WRONG.values()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.split() == ["2"] * len(WRONG)
    for sentence, said in zip(WRONG, done.stderr.splitlines(), strict=True):
        assert sentence in said


def test_a_map_of_schema_ids_that_is_not_there_stops_the_start() -> None:
    """With a registry, a program without its ids could not read what the others write."""
    code, said = ended("pass", SONAE_SCHEMA_MAP="/nowhere/ids.json")
    assert (code, said.startswith("SONAE_SCHEMA_MAP: /nowhere/ids.json cannot be read")) == (2, True)
    assert len(said.splitlines()) == 1
