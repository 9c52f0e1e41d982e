"""Raw payloads give back the very bytes that were fetched."""

import dataclasses

import pytest

from schemas.examples import examples_of
from schemas.raw import plain
from schemas.records.observed import RawPayload

STAGE = b'{"obsValue":{"obsTime":"2026/09/21 15:00","stg":4.63,"stgCcd":0}}'
EXAMPLES = examples_of(RawPayload)


@pytest.mark.parametrize("name", ["v1/stage_json", "v1/compressed"])
def test_compressed_or_not_the_bytes_are_the_same(name: str) -> None:
    """What the source sent, to the byte."""
    assert plain(EXAMPLES[name]) == STAGE


def test_other_bytes_than_named_are_refused() -> None:
    """A payload whose body was exchanged proves nothing."""
    with pytest.raises(ValueError, match="not those of its sha256"):
        plain(dataclasses.replace(EXAMPLES["v1/stage_json"], body=b"{}"))
