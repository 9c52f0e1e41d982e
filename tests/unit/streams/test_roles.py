"""The two apps read and write what topics.toml says, and all of it lies side by side."""

import pytest

from schemas.topics import load_topics
from streams import roles
from tests.unit.streams.decide.town import Town

WATCH, DECIDE = roles.watch(Town().fold, lambda _report: False), roles.decide(Town().fold)


@pytest.mark.parametrize("role", [WATCH, DECIDE], ids=lambda role: role.name)
def test_an_app_reads_exactly_the_topics_whose_rows_name_it(role: roles.Role) -> None:
    """Inputs, ticks and its own state; nothing else, and nothing forgotten."""
    rows = {name for name, row in load_topics().items() if role.name in row.readers}
    assert rows == {*role.inputs, role.ticks, role.state}
    assert {load_topics()[name].key for name in rows} == {"municipality"}


def test_outputs_are_what_the_rows_name_an_app_as_writer_of() -> None:
    """Beside ticks, state, and what exists once."""
    assert set(WATCH.outputs) == {"detections", "recommendations", "recommendation-log"}
    assert set(DECIDE.outputs) == {"verdicts", "calls", "orders"}
