"""The page of topics is what the rows say."""

from local.child import ROOT
from schemas import topics_table
from schemas.topics import load_topics


def test_the_page_is_up_to_date() -> None:
    """Made anew, it is the same; if not: `python -m schemas topics --markdown > docs/topics.md`."""
    assert (ROOT / "docs" / "topics.md").read_text(encoding="utf8") == topics_table.page()


def test_every_topic_has_its_line() -> None:
    """In the terminal's table, in the order of the rows, and no line has blanks at its end."""
    heading, *lines = topics_table.lines()
    assert heading.split()[:2] == ["topic", "key"]
    assert [line.split()[0].rstrip("*") for line in lines] == list(load_topics())
    assert all(line == line.rstrip() for line in lines)


def test_what_the_line_of_orders_says() -> None:
    """Kept for ever, in as many partitions as everything else of a municipality."""
    (line,) = [line for line in topics_table.lines() if line.startswith("orders")]
    assert line.split() == [
        *("orders", "municipality", "Order", "for", "ever", "4", "12", "256", "KiB"),
        *("decide", "notifier,", "console,", "centres"),
    ]
