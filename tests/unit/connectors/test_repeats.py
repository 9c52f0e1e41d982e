"""The same telegram again, under another name: its bulletins are known by their ids."""

from dataclasses import replace

from prometheus_client import REGISTRY

from connectors.jma.telegram import parse_telegram
from connectors.repeats import REMEMBERED, Repeats
from tests.unit.connectors.writing import AT, KANAGAWA, WARNED, bulletins, landslide, payload


def left_out_so_far() -> float:
    """What the metric says."""
    return REGISTRY.get_sample_value("alert_events_duplicates_total", {"source": "test-repeats"}) or 0.0


def test_what_was_acknowledged_is_left_out_and_counted() -> None:
    """Bytes laid out anew under another name are the same telegram; what was never acknowledged is none."""
    first = parse_telegram(payload(landslide(WARNED)), KANAGAWA, AT)
    again = parse_telegram(payload(landslide(WARNED), "20260921060100_0_VXWW50_140000.xml"), KANAGAWA, AT)
    repeats, before = Repeats(), left_out_so_far()
    assert repeats.left_out("test-repeats", first.records) == first.records
    assert repeats.left_out("test-repeats", again.records) == again.records
    repeats.note(first.records)
    assert repeats.left_out("test-repeats", again.records) == ()
    assert left_out_so_far() - before == len(again.records)


def test_what_is_remembered_is_bounded() -> None:
    """The oldest goes first; it is published again, and known by its id to whoever reads it."""
    (one, *_) = bulletins(parse_telegram(payload(landslide(WARNED)), KANAGAWA, AT))
    many = tuple(replace(one, id=f"b{n}") for n in range(REMEMBERED + 1))
    repeats = Repeats()
    repeats.note(many)
    assert repeats.left_out("test-repeats", many) == many[:1]
