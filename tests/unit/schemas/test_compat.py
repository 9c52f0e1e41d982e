"""Evolution: one deliberately broken fixture per rule, and who has to move first."""

import copy
import io
import json
from typing import Any

import fastavro
import pytest

from schemas.codec import AVRO_FOLDER
from schemas.compat import First, Rule, change, problems
from tests.unit.schemas.evolutions import BASE, BROKEN, FEWER_SYMBOLS, FINE, WORLD, WRITTEN, plus, with_field, without


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_finds_its_break(name: str) -> None:
    """Where it breaks, and by which rule."""
    reader, writer, rule, path = BROKEN[name]
    assert (path, rule) in [(problem.path, problem.rule) for problem in problems(reader, writer)]


@pytest.mark.parametrize("name", FINE)
def test_what_avro_resolves_is_no_problem(name: str) -> None:
    """Defaults, aliases, promotions, wider unions."""
    assert problems(*FINE[name]) == ()


@pytest.mark.parametrize("name", FINE)
def test_fastavro_reads_what_we_call_fine(name: str) -> None:
    """The reader that runs in production agrees."""
    reader, writer = FINE[name]
    _read(reader, writer)


@pytest.mark.parametrize("name", [n for n, (_, _, rule, _) in BROKEN.items() if rule in {Rule.MISSING, Rule.TYPE}])
def test_fastavro_refuses_what_we_call_broken(name: str) -> None:
    """It raises, which parks every record of that kind: what the check is there to prevent."""
    reader, writer, _, _ = BROKEN[name]
    with pytest.raises(Exception, match=r".+"):
        _read(reader, writer)


@pytest.mark.parametrize(
    ("older", "newer", "first"),
    [
        (BASE, plus(name="rev", type="long", default=1), First.EITHER),
        (BASE, with_field("world", type={**WORLD, "symbols": ["actual", "exercise", "test"]}), First.READERS),
        (BASE, without("id"), First.READERS),
        (BASE, plus(name="rev", type="long"), First.WRITERS),
        (BASE, with_field("world", type=FEWER_SYMBOLS), First.WRITERS),
        (BASE, with_field("id", type="long"), First.NOBODY),
    ],
    ids=["added with default", "symbol added", "removed", "added without default", "symbol removed", "type changed"],
)
def test_who_moves_first(older: Any, newer: Any, first: First) -> None:
    """New readers of old data, old readers of new data: which of the two would break."""
    assert change(older, newer).first == first


def test_all_released_schemas_read_themselves() -> None:
    """Each file is its own compatible reader: references inside it resolve."""
    for file in AVRO_FOLDER.glob("*.avsc"):
        schema = json.loads(file.read_text(encoding="utf8"))
        assert problems(schema, schema) == ()


def _read(reader: Any, writer: Any) -> Any:
    out = io.BytesIO()
    written = fastavro.parse_schema(copy.deepcopy(writer), named_schemas={})
    row = {field["name"]: WRITTEN[field["name"]] for field in writer["fields"]}
    fastavro.schemaless_writer(out, written, row)
    out.seek(0)
    return fastavro.schemaless_reader(out, written, fastavro.parse_schema(copy.deepcopy(reader), named_schemas={}))
