"""The two apps read and write what topics.toml says, and all of it lies side by side."""

from typing import Any

import pytest

from schemas.topics import load_topics
from streams import roles
from tests.unit.streams.decide.town import Town


@pytest.mark.parametrize("make", [roles.watch, roles.decide])
def test_an_app_reads_exactly_the_topics_whose_rows_name_it(make: Any) -> None:
    """Inputs, ticks and its own state; nothing else, and nothing forgotten."""
    role = make(Town().fold)
    rows = {name for name, row in load_topics().items() if role.name in row.readers}
    assert rows == {*role.inputs, role.ticks, role.state}
    assert {load_topics()[name].key for name in rows} == {"municipality"}


def test_outputs_are_what_the_rows_name_an_app_as_writer_of() -> None:
    """Beside ticks, state, and what exists once."""
    assert set(roles.watch(Town().fold).outputs) == {"detections", "recommendations", "recommendation-log"}
    assert set(roles.decide(Town().fold).outputs) == {"verdicts", "calls", "orders"}
