"""What partners are shown of a topic: official records, and nothing that only asks our operators a question."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from notifier.broadcast.read import Decoder
from schemas.codec import Codec
from schemas.examples import examples_of
from schemas.kafka import Where
from schemas.records.base import World
from schemas.records.observed import Bulletin

BULLETIN = examples_of(Bulletin)["v1/landslide_level_4"]


def message(value: bytes) -> Any:
    """A message of the topic `actual.bulletins`."""
    return SimpleNamespace(topic="actual.bulletins", partition=0, offset=7, value=value)


@pytest.mark.parametrize(("carrier", "shown"), [("VXWW50", True), ("VPWP50", True), ("BOSAI", False)])
def test_a_websites_copy_is_no_official_bulletin(carrier: str, shown: bool) -> None:
    """Telegrams are passed on; the second route is for our own operators."""
    body = Codec(Bulletin, World.ACTUAL).encode(replace(BULLETIN, carrier=carrier))
    assert (Decoder(Where("", "")).event(message(body)) is not None) is shown


def test_what_cannot_be_read_is_left_out() -> None:
    """Its readers park and show it."""
    assert Decoder(Where("", "")).event(message(b"garbage")) is None
