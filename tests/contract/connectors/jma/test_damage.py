"""Whatever is cut out of a sample or written into it: records or a reason, never an exception, never silence."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from tests.unit.connectors.writing import AT, bulletins, payload

Recorded = Callable[[str], Path]
WORDS = ["", "x", "０", "-1", "NaN", "2099-13-01", "999999999999", "発表", "解除", "\n", "PT", "１４１００００"]


@cache
def samples(folder: Path) -> tuple[Path, ...]:
    """Two small samples of each data type."""
    by_type: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.xml")):
        if file.stat().st_size < 60_000:
            by_type.setdefault(file.stem[-6:], []).append(file)
    return tuple(file for files in by_type.values() for file in (files[0], files[-1]))


def damaged(file: Path, order: random.Random) -> bytes:
    """One to four elements removed, emptied, or given another text."""
    root = etree.fromstring(file.read_bytes())
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for element in order.choices(elements, k=order.choice([1, 1, 2, 4])):
        parent = element.getparent()
        if order.random() < 0.5 and parent is not None:
            parent.remove(element)
        elif element.attrib and order.random() < 0.3:
            element.attrib.pop(order.choice(list(element.attrib)))
        else:
            element.text = order.choice(WORDS)
    return etree.tostring(root, encoding="utf-8")


@given(st.randoms(use_true_random=False))
def test_no_damage_makes_a_parser_raise(recorded: Recorded, order: random.Random) -> None:
    """For one file of each data type at a time."""
    for file in order.sample(samples(recorded("jma/samples")), 5):
        body = damaged(file, order)
        found = parse_telegram(payload(body, file.name), everywhere(file.read_bytes()), AT, judge_future=False)
        assert found.records or found.parked or found.notes, file.name


@given(st.randoms(use_true_random=False))
def test_no_missing_status_lifts_anything(recorded: Recorded, order: random.Random) -> None:
    """Where a Status was, and is no more, what was in force goes on, and people are told."""
    file = recorded("jma/samples/15_17_01_250630_VPWW55.xml")
    root = etree.fromstring(file.read_bytes())
    path = "//*[local-name()='Warning'][contains(@type,'（市町村等）')]/*/*/*[local-name()='Status']"
    statuses = [one for one in root.xpath(path) if one.text in ("発表", "継続")]
    chosen = order.choice(statuses)
    area = chosen.getparent().getparent().findtext("{*}Area/{*}Code")
    chosen.getparent().remove(chosen)
    found = parse_telegram(payload(etree.tostring(root)), everywhere(file.read_bytes()), AT, judge_future=False)
    (item,) = [item for one in bulletins(found) for item in one.items if one.area == area]
    assert (item.active, item.level) in {(True, 3), (True, 2)}
    assert [parked.reason for parked in found.parked] == ["unknown_kind_status"]
