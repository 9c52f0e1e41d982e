"""Lines of libraries have the shape of our own: one JSON object with the program."""

import json
import logging
import sys

from schemas.process.log import LibraryLine


def line_of(record: logging.LogRecord) -> dict[str, object]:
    """The record's line, which must be one line, read as JSON."""
    text = LibraryLine("watch").format(record)
    assert "\n" not in text
    read: dict[str, object] = json.loads(text)
    return read


def test_a_librarys_warning_is_one_json_object() -> None:
    """Quotes, new lines and Japanese survive."""
    record = logging.LogRecord("aiokafka", logging.WARNING, "a.py", 1, 'no "leader"\nfor %s', ("藤沢市",), None)
    line = line_of(record)
    assert line["event"] == 'no "leader"\nfor 藤沢市'
    assert (line["program"], line["logger"], line["level"]) == ("watch", "aiokafka", "warning")


def test_its_traceback_is_a_field() -> None:
    """Not lines of their own, that nobody can parse."""
    try:
        raise ConnectionError("gone")
    except ConnectionError:
        record = logging.LogRecord("aiokafka", logging.ERROR, "a.py", 1, "failed", (), sys.exc_info())
    assert str(line_of(record)["exception"]).endswith("ConnectionError: gone")
