"""The Avro schema that says the same as a record class. The .avsc files are the contract; this proves the match."""

import dataclasses
import types
import typing
from datetime import datetime
from enum import Enum
from typing import Any

NAMESPACE = "sonae.v1"
PRIMITIVES: dict[type, Any] = {
    str: "string",
    int: "long",
    float: "double",
    bool: "boolean",
    bytes: "bytes",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
}


def avro_of(record: type) -> dict[str, Any]:
    """The schema of one record class, with every named type defined where it is first used."""
    schema: dict[str, Any] = _record(record, set())
    return schema


def _record(record: type, seen: set[str]) -> Any:
    if record.__name__ in seen:
        return f"{NAMESPACE}.{record.__name__}"
    seen.add(record.__name__)
    hints = typing.get_type_hints(record)
    return {
        "type": "record",
        "name": record.__name__,
        "namespace": NAMESPACE,
        "doc": _first_sentence(record),
        "fields": [_field(field, hints[field.name], seen) for field in dataclasses.fields(record)],
    }


def _field(field: dataclasses.Field[Any], hint: Any, seen: set[str]) -> dict[str, Any]:
    written = {"name": field.name, "type": _type(hint, seen)}
    return written if field.default is dataclasses.MISSING else written | {"default": _default(field.default)}


def _default(value: Any) -> Any:
    """A default as JSON says it: an empty tuple is an empty array."""
    return list(value) if isinstance(value, tuple) else value


def _type(hint: Any, seen: set[str]) -> Any:
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint, seen)
    if dataclasses.is_dataclass(hint):
        return _record(typing.cast("type", hint), seen)
    return _generic(hint, seen)


def _generic(hint: Any, seen: set[str]) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], seen)}
    if origin is dict:
        return {"type": "map", "values": _type(arguments[1], seen)}
    if origin is types.UnionType and arguments[1:] == (types.NoneType,):
        return ["null", _type(arguments[0], seen)]
    raise TypeError(
        f"{hint} has no Avro type: use a primitive, an enum, a record, tuple[x, ...], dict[str, x] or x | None"
    )


def _enum(enum: type[Enum], seen: set[str]) -> Any:
    if enum.__name__ in seen:
        return f"{NAMESPACE}.{enum.__name__}"
    seen.add(enum.__name__)
    return {
        "type": "enum",
        "name": enum.__name__,
        "namespace": NAMESPACE,
        "symbols": [member.value for member in enum],
        "doc": _first_sentence(enum),
    }


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").strip().split("\n")[0]
