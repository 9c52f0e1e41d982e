"""What msgspec says of a mapping → a sentence with the path as a TOML file has it, and what to write instead."""

import re
from collections.abc import Iterable

import msgspec
from msgspec import inspect

from connectors.mapped.mapping import Mapping
from connectors.nearest import meant

SAID = re.compile(r"(?P<text>.*?)(?: - at `\$\.?(?P<path>.*?)`)?", re.DOTALL)
FIELD = re.compile(r"unknown field `(.*)`")
VALUE = re.compile(r"Invalid enum value '(.*)'")
ROW = re.compile(r"(\w+)\[(\d+)\]")
STEPS = re.compile(r"[^.\[\]]+|\[\.\.\.\]")


def told(error: msgspec.ValidationError) -> str:
    """One sentence: what is wrong, where, and what there is."""
    said = SAID.fullmatch(str(error).replace("from_", "from"))
    text, path = (said["text"], said["path"] or "") if said else (str(error), "")
    place = f" (in {_place(path)})" if path else ""
    if field := FIELD.search(text):
        return f"there is no field `{field[1]}`{place}{_instead(field[1], path)}"
    if value := VALUE.search(text):
        words = _words(_type_at(path))
        return f"{text}{place}; there are {', '.join(words)}{meant(value[1], words)}"
    return text.replace("Object missing", "missing") + place


def _place(path: str) -> str:
    """`value[0].quantity` is `[[value]] 1, quantity` for those who count tables from 1."""
    first, *rest = path.split(".")
    if row := ROW.fullmatch(first):
        return ", ".join((f"[[{row[1]}]] {int(row[2]) + 1}", *rest))
    return f"[{path}]"


def _instead(field: str, path: str) -> str:
    """In TOML a line below a [table] belongs to it, also a dotted one that was meant for the whole file."""
    if path and field in _fields(_type_at("")):
        return f"; it is one of the whole file: write `{field}` above the first [table]"
    return meant(field, _fields(_type_at(path)))


def _type_at(path: str) -> list[inspect.Type]:
    """What the fields on the way say may stand there."""
    found: list[inspect.Type] = [inspect.type_info(Mapping)]
    for step in STEPS.findall(path):
        found = [inner for one in found for inner in _inside(one, step)]
    return found


def _inside(outer: inspect.Type, step: str) -> Iterable[inspect.Type]:
    if isinstance(outer, inspect.UnionType):
        return [inner for one in outer.types for inner in _inside(one, step)]
    if isinstance(outer, inspect.StructType):
        return [field.type for field in outer.fields if field.encode_name == step]
    if isinstance(outer, inspect.VarTupleType):
        return [outer.item_type]
    return [outer.value_type] if isinstance(outer, inspect.DictType) else []


def _fields(types: Iterable[inspect.Type]) -> list[str]:
    return [field.encode_name for one in _flat(types) if isinstance(one, inspect.StructType) for field in one.fields]


def _words(types: Iterable[inspect.Type]) -> list[str]:
    return [str(word) for one in _flat(types) if isinstance(one, inspect.LiteralType) for word in one.values if word]


def _flat(types: Iterable[inspect.Type]) -> list[inspect.Type]:
    return [part for one in types for part in (one.types if isinstance(one, inspect.UnionType) else [one])]
