"""Samples of a worker: which stage a source file belongs to."""

from pathlib import Path

import pytest

from bench.stages import STAGES, stage_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("notifier/webpush/http2/connection.py", "transport"),
        ("notifier/webpush/encrypt.py", "encryption"),
        ("notifier/delivery/office.py", "lanes"),
        ("notifier/delivery/sheet.py", "outcomes"),
        ("schemas/codec.py", None),
    ],
)
def test_a_file_belongs_to_a_stage(path: str, stage: str | None) -> None:
    """A codec's time is that of whoever called it."""
    assert stage_of(str(ROOT / path)) == stage


def test_every_file_of_ours_that_a_stage_names_exists() -> None:
    """A file that was moved would count as another stage."""
    sources = [str(path.relative_to(ROOT)) for path in ROOT.glob("notifier/**/*.py")]
    sources += [str(path.relative_to(ROOT)) for path in ROOT.glob("schemas/*.py")]
    ours = [
        part
        for parts in STAGES.values()
        for part in parts
        if part.split("/")[0] not in ("asyncio", "aiokafka", "redis")
    ]
    assert [part for part in ours if not any(part in source for source in sources)] == []
