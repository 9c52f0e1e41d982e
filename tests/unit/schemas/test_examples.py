"""The examples are true: each is what its schema says, each record has some, and none is left over."""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest

from schemas.codec import AVRO_FOLDER, Codec, record_types, snake
from schemas.examples import EXAMPLES_FOLDER, examples_of, files_of
from schemas.framing import derived_id, frame
from schemas.records.base import World
from schemas.records.decided import LANGUAGES, MAX_BODY_BYTES, MAX_TITLE_BYTES, Decision, Order

every_record = pytest.mark.parametrize("record", record_types().values(), ids=lambda record: record.__name__)


@every_record
def test_an_example_comes_back_as_it_was(record: type) -> None:
    """Encoded and decoded, nothing is lost or rounded."""
    codec: Codec[Any] = Codec(record, None)
    examples = examples_of(record)
    assert {name: codec.decode(codec.encode(example)) for name, example in examples.items()} == examples


@every_record
def test_what_an_old_version_wrote_is_read_today(record: type) -> None:
    """An example written with the very schema of its folder's version is today's record of the same content."""
    codec: Codec[Any] = Codec(record, None)
    for file in files_of(record):
        name = f"{file.parent.name}/{file.stem}"
        assert codec.decode(_written_as_its_version(record, file)) == examples_of(record)[name], name


@every_record
def test_every_version_has_examples(record: type) -> None:
    """A schema file without an example of its version has never been tried."""
    versions = {file.name.split(".")[1] for file in AVRO_FOLDER.glob(f"{snake(record.__name__)}.v*.avsc")}
    assert versions == {file.parent.name for file in files_of(record)}


def test_no_example_is_left_over() -> None:
    """Every example belongs to a record, and every schema file to a record class."""
    known = {snake(name) for name in record_types()}
    assert {folder.name for folder in EXAMPLES_FOLDER.iterdir()} == known
    assert {file.name.split(".")[0] for file in AVRO_FOLDER.iterdir()} == known
    assert sorted(file for record in record_types().values() for file in files_of(record)) == sorted(
        EXAMPLES_FOLDER.rglob("*.json")
    )


@every_record
def test_a_record_of_a_world_has_an_exercise(record: type) -> None:
    """Drills are shown for every record that says which world it belongs to."""
    worlds = {getattr(example, "world", None) for example in examples_of(record).values()}
    assert worlds == {None} or World.EXERCISE in worlds


@pytest.mark.parametrize("record", [Order, Decision])
def test_orders_have_a_revision_a_lift_and_a_tsunami_without_a_level(record: type) -> None:
    """The four shapes that every reader of orders must have seen."""
    names = " ".join(examples_of(record))
    assert all(word in names for word in ("revision", "lift", "tsunami", "exercise"))
    tsunami = next(example for name, example in examples_of(record).items() if "tsunami" in name)
    assert getattr(tsunami, "proposal", tsunami).level is None


def test_order_texts_are_sendable() -> None:
    """The examples of orders keep the limits of a push, Japanese first, in languages that we know."""
    for order in examples_of(Order).values():
        assert order.texts[0].lang == "ja"
        for text in order.texts:
            assert text.lang in LANGUAGES
            assert len(text.title.encode()) <= MAX_TITLE_BYTES
            assert len(text.body.encode()) <= MAX_BODY_BYTES


def _written_as_its_version(record: type, file: Path) -> bytes:
    """Bytes as a program of that version would have sent them: fields that came later are left out."""
    schema = json.loads((AVRO_FOLDER / f"{snake(record.__name__)}.{file.parent.name}.avsc").read_text(encoding="utf8"))
    example = examples_of(record)[f"{file.parent.name}/{file.stem}"]
    out = io.BytesIO()
    plain = msgspec.to_builtins(example, builtin_types=(datetime, bytes))
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema, named_schemas={}), plain)
    return frame(derived_id(schema), out.getvalue())
