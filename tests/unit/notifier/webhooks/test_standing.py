"""What the topic `cursors` says of a partner, read in its order."""

from datetime import UTC, datetime

import msgspec
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from notifier.webhooks.standing import STANDING, Book, Expired, Standing
from schemas.codec import Codec
from schemas.records.plumbing import Cursor

NOW = datetime(2026, 9, 21, 6, tzinfo=UTC)


def _message(standing: Standing) -> ConsumerRecord:
    owner = f"{STANDING}fire"
    value = Codec(Cursor, None).encode(Cursor(owner, msgspec.json.encode(standing).decode(), NOW, NOW))
    return ConsumerRecord("cursors", 0, 0, 0, 0, owner.encode(), value, None, 0, len(value), ())


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.data())
def test_what_a_former_process_says_late_counts_for_nothing(events: list[bool], data: st.DataObject) -> None:
    """It was stopped between two of its steps; its successor went on, and it then says what it had in hand."""
    line = [Standing()]
    for number, taken in enumerate(events):
        lost = Expired(f"m{number}", "orders", "14205", NOW)
        line.append(line[-1].after(f"p{number}", f"m{number}", NOW) if taken else line[-1].without(f"p{number}", lost))
    late = data.draw(st.sampled_from(line[:-1]))
    book = Book()
    for one in (*line, late):
        book.note(_message(one))
    assert book.standings["fire"] == line[-1]
