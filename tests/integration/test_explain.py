"""`python -m streams explain` on a real Kafka: the recorded flood of the Sakai, told from the topics alone."""

import asyncio
import csv
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.child import ROOT
from tests.integration.streams_rig import WATCH, Line, line
from tests.unit.streams.inputs import JST, batch, jst, reading

pytestmark = pytest.mark.kafka
SAKAI = "river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv"


async def test_the_flood_of_the_sakai_is_told_from_its_topics(
    kafka: str, namespace: str, tmp_path: Path, recorded: Callable[[str], Path]
) -> None:
    """Before it nothing is claimed; at 15:04 FN-3b with its readings; at night the lifting conditions."""
    async with line(kafka, namespace, tmp_path) as streams:
        for at, value in _stages(recorded):
            polled = batch(at + timedelta(minutes=3), reading(at, value))
            await streams.publisher.send("readings", "14205", polled)
        worker = await streams.worker(WATCH)
        await streams.until("recommendation-log", lambda said: bool(said) and said[-1].as_of >= jst("21 19:30"))
        await worker.stop()

        code, story = await _explain(streams, "2026-09-21T15:04+09:00", "--refold")
        assert code == 0, story
        assert "FN-3b level 3 since 2026-09-21 15:00 JST" in story
        assert "水位 4.63 m(氾濫注意水位 4.50 m 以上) · 2026-09-21 15:00 JST, 4 min old" in story
        assert f"station 3585_4_309 at {namespace}actual.readings-" in story
        assert f"at {namespace}actual.recommendation-log-" in story
        assert "Detected 2026-09-21 15:00 JST: FN-3b began level 3" in story
        assert "Folded anew from its inputs, the same is called for (1 rules)" in story

        code, story = await _explain(streams, "2026-09-21T09:00+09:00")
        assert (code, "The log begins at" in story) == (1, True)

        code, story = await _explain(streams, "2026-09-21T19:50+09:00")
        assert "lifting conditions met since 2026-09-21 19:30 JST; officers lift" in story

        code, told = await _explain(streams, "2026-09-21T15:04+09:00", "--json")
        assert json.loads(told)["chosen"]["now"]["record"]["called"][0]["hits"][0]["rule"] == "FN-3b"

        assert (await _explain(streams, "2026-09-21T15:00"))[0] == 2


def _stages(recorded: Callable[[str], Path]) -> list[tuple[datetime, float]]:
    """21 September, 10:00 to 20:00."""
    with recorded(SAKAI).open(encoding="utf8") as file:
        rows = [
            (datetime.fromisoformat(r["observed_at"]).replace(tzinfo=JST), r["value"]) for r in csv.DictReader(file)
        ]
    return [(at, float(value)) for at, value in rows if jst("21 10:00") <= at <= jst("21 20:00")]


async def _explain(streams: Line, at: str, *more: str) -> tuple[int | None, str]:
    settings = {"SONAE_KAFKA_BOOTSTRAP": streams.where.bootstrap, "SONAE_NAMESPACE": streams.where.namespace}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams", "explain", "--area", "1420500", "--at", at, *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
        env=os.environ | settings,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()
