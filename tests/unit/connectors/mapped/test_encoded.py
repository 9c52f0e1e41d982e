"""What mappings and CAP make fits the schemas: encoded and decoded, it is the same."""

import json
from pathlib import Path

from schemas.codec import Codec
from schemas.records.base import World
from schemas.records.observed import Bulletin, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.cap.messages import SENDER, SENT, alert, heard, info
from tests.unit.connectors.mapped.making import STAGES
from tests.unit.connectors.mapped.test_notices import ROADS, road
from tests.unit.connectors.mapped.test_source import URL, batches, source, turn
from tests.unit.connectors.writing import bulletins


def test_batches_of_a_mapping(tmp_path: Path) -> None:
    """Values, missing values, qualities, and a failed poll."""
    text = "gauge,time,level\ng1,2026-09-21T15:00,1.5\ng2,2026-09-21T15:00,\n"
    one, codec = source(tmp_path, STAGES), Codec(ReadingBatch, World.ACTUAL)
    _, parsed = turn(one, None, Written({URL: text.encode()}))
    _, failed = turn(one, parsed.cursor, Written({}))
    made = [*batches(parsed), *batches(failed)]
    assert [codec.decode(codec.encode(batch)) for batch in made] == made
    assert len(made) == 2


def test_notices_of_a_mapping(tmp_path: Path) -> None:
    """In force, and ended."""
    one, codec = source(tmp_path, ROADS), Codec(Bulletin, World.ACTUAL)
    _, first = turn(one, None, Written({URL: json.dumps([road("30")]).encode()}))
    _, second = turn(one, first.cursor, Written({URL: b"[]"}))
    made = [*bulletins(first), *bulletins(second)]
    assert [codec.decode(codec.encode(bulletin)) for bulletin in made] == made
    assert len(made) == 2


def test_bulletins_of_cap() -> None:
    """A claim with its scales, and its end."""
    codec = Codec(Bulletin, World.ACTUAL)
    first = heard(alert("a", info(severity="Unknown", extra="<expires>2026-09-22T00:00:00+09:00</expires>")))
    ended = alert("c", message="Cancel", references=f"{SENDER},a,{SENT}", sent="2026-09-21T14:30:00+09:00")
    made = [*first.bulletins, *heard(ended, first.memory).bulletins]
    assert [codec.decode(codec.encode(bulletin)) for bulletin in made] == made
    assert len(made) == 2
