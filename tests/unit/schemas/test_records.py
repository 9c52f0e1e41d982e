"""The records in Python and the schema files say the same: either can be read as the contract."""

import json

import pytest

from schemas.avro_of import avro_of
from schemas.check import without_docs
from schemas.codec import AVRO_FOLDER, record_types, snake
from schemas.records.base import content_id
from schemas.topics import load_topics


@pytest.mark.parametrize("record", record_types().values(), ids=lambda record: record.__name__)
def test_the_newest_schema_says_what_the_record_says(record: type) -> None:
    """Names, types, order, defaults and symbols; words of documentation aside."""
    newest = max(AVRO_FOLDER.glob(f"{snake(record.__name__)}.v*.avsc"), key=lambda file: int(file.suffixes[-2][2:]))
    assert without_docs(avro_of(record)) == without_docs(json.loads(newest.read_text(encoding="utf8")))


def test_every_topic_has_a_record_and_every_record_a_topic() -> None:
    """No row without a schema, no schema that nobody sends."""
    assert {row.record for row in load_topics().values()} == set(record_types())


def test_ids_come_from_content_alone() -> None:
    """The same parts give the same id; parts that only look alike when joined do not."""
    assert content_id("14205", 1) == "9842a05b951a6a88597f549f722aec5d"  # worked out with printf and sha256sum
    assert content_id("14205", 1) == content_id(14205, "1")
    assert content_id("14205", 1) != content_id("1420", "51")
