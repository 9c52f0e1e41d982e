"""One real evolution: five records in versions 1 and 2 on one topic each, for old and new readers."""

import io
from datetime import datetime
from typing import Any

import fastavro
import msgspec
import pytest

from schemas.admin import sync_topics
from schemas.codec import Codec, schemas_of
from schemas.examples import examples_of, files_of
from schemas.framing import frame, unframe
from schemas.kafka import Publisher, Where, read_to_end
from schemas.records.base import World
from schemas.records.decided import Call
from schemas.records.delivered import Plan
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, Report
from schemas.topics import load_profiles

pytestmark = pytest.mark.kafka

EVOLVED = {"bulletins": Bulletin, "reports": Report, "recommendation-log": Recommendation, "plans": Plan, "calls": Call}


@pytest.mark.parametrize("topic", EVOLVED)
async def test_both_versions_lie_on_a_topic_and_both_readers_read_both(kafka: str, namespace: str, topic: str) -> None:
    """A writer that stayed behind, one that moved; a reader that stayed behind, one that moved. Nothing is lost."""
    record = EVOLVED[topic]
    where = Where(kafka, namespace)
    sync_topics(where, load_profiles()["local"], only=(topic,))
    written = _actual(record, "v1") | _actual(record, "v2")
    publisher = Publisher(where)
    await publisher.start()
    try:
        for name, example in written.items():
            body = _by_old_writer(record, example) if name.startswith("v1") else Codec(record, None).encode(example)
            await publisher.resend(where.name(topic, World.ACTUAL), name.encode(), body, None)
    finally:
        await publisher.stop()
    found = [message async for message in read_to_end(where, where.name(topic, World.ACTUAL))]
    assert {unframe(message.value)[0] for message in found} == set(schemas_of(record.__name__))
    by_name = {message.key.decode(): message.value for message in found}
    new: Codec[Any] = Codec(record, World.ACTUAL)
    assert {name: new.decode(body) for name, body in by_name.items()} == written
    for name, body in by_name.items():
        assert _by_old_reader(record, body) == _as_version_1(written[name])


def _actual(record: type, version: str) -> dict[str, Any]:
    wanted = {f"{file.parent.name}/{file.stem}" for file in files_of(record) if file.parent.name == version}
    return {name: one for name, one in examples_of(record).items() if name in wanted and one.world is World.ACTUAL}


def _by_old_writer(record: type, example: Any) -> bytes:
    """What a program with version 1 alone writes."""
    first_id, first = next(iter(schemas_of(record.__name__).items()))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, first, _plain(example))
    return frame(first_id, out.getvalue())


def _by_old_reader(record: type, message: bytes) -> Any:
    """What a partner's program makes of it who reads as version 1 and finds the writer's schema by its id."""
    schemas = schemas_of(record.__name__)
    schema_id, body = unframe(message)
    return fastavro.schemaless_reader(io.BytesIO(body), schemas[schema_id], next(iter(schemas.values())))


def _as_version_1(example: Any) -> Any:
    """The record without what version 2 added, as plain values."""
    first = next(iter(schemas_of(type(example).__name__).values()))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, first, _plain(example))
    return fastavro.schemaless_reader(io.BytesIO(out.getvalue()), first, None)


def _plain(example: Any) -> Any:
    return msgspec.to_builtins(example, builtin_types=(datetime, bytes))
