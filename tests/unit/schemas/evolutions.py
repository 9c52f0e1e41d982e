"""Evolutions of one schema: deliberately broken ones, one per rule, and those that Avro resolves."""

import copy
from typing import Any

from schemas.compat import Rule

WORLD = {"type": "enum", "name": "World", "namespace": "a", "symbols": ["actual", "exercise"]}
BASE: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "a",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "world", "type": WORLD},
        {"name": "level", "type": ["null", "long"]},
        {"name": "areas", "type": {"type": "array", "items": "string"}},
        {"name": "headers", "type": {"type": "map", "values": "string"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "seal", "type": {"type": "fixed", "name": "Seal", "namespace": "a", "size": 4}},
        {"name": "world_before", "type": "a.World"},
    ],
}
WRITTEN = {
    "id": "1",
    "world": "exercise",
    "level": 3,
    "areas": ["x"],
    "headers": {"a": "b"},
    "at": 0,
    "seal": b"abcd",
    "world_before": "exercise",
}


def with_field(which: str, **changes: Any) -> dict[str, Any]:
    """The base with one field changed."""
    schema = copy.deepcopy(BASE)
    next(field for field in schema["fields"] if field["name"] == which).update(changes)
    return schema


def without(name: str) -> dict[str, Any]:
    """The base with one field left out."""
    return BASE | {"fields": [field for field in BASE["fields"] if field["name"] != name]}


def plus(**field: Any) -> dict[str, Any]:
    """The base with one field more."""
    return BASE | {"fields": [*BASE["fields"], field]}


FEWER_SYMBOLS = {**WORLD, "symbols": ["actual"]}

BROKEN: dict[str, tuple[Any, Any, Rule, str]] = {
    # name: (reader, writer, rule, path)
    "field added without default": (plus(name="rev", type="long"), BASE, Rule.MISSING, "rev"),
    "field removed without default": (BASE, without("id"), Rule.MISSING, "id"),
    "field renamed": (with_field("id", name="order_id"), BASE, Rule.MISSING, "order_id"),
    "record renamed": (BASE | {"name": "Command"}, BASE, Rule.NAME, ""),
    "type changed": (with_field("id", type="long"), BASE, Rule.TYPE, "id"),
    "type narrowed": (with_field("at", type="int"), BASE, Rule.TYPE, "at"),
    "items changed": (with_field("areas", type={"type": "array", "items": "long"}), BASE, Rule.TYPE, "areas[]"),
    "values changed": (with_field("headers", type={"type": "map", "values": "long"}), BASE, Rule.TYPE, "headers[]"),
    "symbol removed": (with_field("world", type=FEWER_SYMBOLS), BASE, Rule.SYMBOL, "world"),
    "union narrowed": (with_field("level", type="long"), BASE, Rule.UNION, "level"),
    "union of others": (with_field("level", type=["null", "string"]), BASE, Rule.UNION, "level"),
    "single into a union without it": (with_field("id", type=["null", "long"]), BASE, Rule.UNION, "id"),
    "enum renamed": (with_field("world", type={**WORLD, "name": "Reality"}), BASE, Rule.NAME, "world"),
    "fixed resized": (with_field("seal", type={**BASE["fields"][6]["type"], "size": 8}), BASE, Rule.SIZE, "seal"),
    "time in another unit": (
        with_field("at", type={"type": "long", "logicalType": "timestamp-millis"}),
        BASE,
        Rule.MEANING,
        "at",
    ),
}

FINE: dict[str, tuple[Any, Any]] = {
    "the same": (BASE, BASE),
    "field added with default": (plus(name="rev", type="long", default=1), BASE),
    "field removed": (without("id"), BASE),
    "field renamed with an alias": (with_field("id", name="order_id", aliases=["id"]), BASE),
    "record renamed with an alias": (BASE | {"name": "Command", "aliases": ["a.Order"]}, BASE),
    "type widened": (BASE, with_field("level", type=["null", "int"])),
    "union widened": (with_field("id", type=["null", "string"]), BASE),
    "into a union": (BASE, with_field("level", type="long")),
    "symbol added": (with_field("world", type={**WORLD, "symbols": ["actual", "exercise", "test"]}), BASE),
    "symbol removed with default": (with_field("world", type={**FEWER_SYMBOLS, "default": "actual"}), BASE),
    "documentation": (BASE | {"doc": "better"}, BASE),
    "fields in another order": (BASE | {"fields": [BASE["fields"][3], *BASE["fields"][:3], *BASE["fields"][4:]]}, BASE),
}
