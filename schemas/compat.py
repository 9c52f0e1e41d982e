"""Whether a reader's schema can read what a writer's wrote, by Avro's resolution rules, and who must then move first.

Pure: schemas in, findings out. Stricter than Avro in one point: a changed logical type reads, but as something else.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

WIDENS = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
    ("string", "bytes"),
    ("bytes", "string"),
}
"""(written, read): pairs of primitives that Avro reads as each other."""


class Rule(StrEnum):
    """What stands between a writer's schema and a reader's."""

    NAME = "another name"
    TYPE = "another type"
    MISSING = "a field without default that is not written"
    SYMBOL = "a symbol that the reader does not know"
    UNION = "a branch that the reader does not have"
    SIZE = "another size"
    MEANING = "another meaning of the same type"


class First(StrEnum):
    """Who must move first when a record goes from an older version to a newer one."""

    EITHER = "either"
    READERS = "readers"
    WRITERS = "writers"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why reading fails, and where in the record."""

    path: str
    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """Older to newer schema: `of_new` keep new readers from old data, `of_old` old readers from new data."""

    first: First
    of_new: tuple[Problem, ...]
    of_old: tuple[Problem, ...]


def change(older: Any, newer: Any) -> Change:
    """What moving from `older` to `newer` asks of readers and writers."""
    of_new, of_old = problems(newer, older), problems(older, newer)
    if not of_new:
        return Change(First.READERS if of_old else First.EITHER, of_new, of_old)
    return Change(First.NOBODY if of_old else First.WRITERS, of_new, of_old)


def problems(reader: Any, writer: Any) -> tuple[Problem, ...]:
    """Why `reader` cannot read all that `writer` may have written; empty if it can. Schemas are parsed JSON."""
    return tuple(_Comparison(_named(reader), _named(writer)).compare(reader, writer, ""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One walk over two schemas; named types are looked up in each one's own definitions."""

    readers: dict[str, Any]
    writers: dict[str, Any]

    def compare(self, reader: Any, writer: Any, path: str) -> list[Problem]:
        reader, writer = _resolve(reader, self.readers), _resolve(writer, self.writers)
        if isinstance(writer, list):
            return [problem for branch in writer for problem in self._branch(reader, branch, path)]
        if isinstance(reader, list):
            return self._into_union(reader, writer, path)
        kind, written = _kind(reader), _kind(writer)
        if kind != written:
            widened = (written, kind) in WIDENS
            return [] if widened else [Problem(path, Rule.TYPE, f"{written} is written, {kind} is expected")]
        return self._same_kind(kind, reader, writer, path)

    def _branch(self, reader: Any, branch: Any, path: str) -> list[Problem]:
        """Every branch that may be written must be read: into a union if the reader has one, else as the reader is."""
        found = self.compare(reader, branch, path)
        if not found or isinstance(reader, list):
            return found
        written = _label(_resolve(branch, self.writers))
        return [Problem(path, Rule.UNION, f"{written} may be written, only {_label(reader)} is expected")]

    def _into_union(self, reader: list[Any], writer: Any, path: str) -> list[Problem]:
        tried = [self.compare(branch, writer, path) for branch in reader]
        if not all(tried):
            return []
        alike = [found for branch, found in zip(reader, tried, strict=True) if self._alike(branch, writer)]
        written = _label(writer)
        return alike[0] if alike else [Problem(path, Rule.UNION, f"{written} may be written, no branch expects it")]

    def _alike(self, branch: Any, writer: Any) -> bool:
        return _label(_resolve(branch, self.readers)) == _label(writer)

    def _same_kind(self, kind: str, reader: Any, writer: Any, path: str) -> list[Problem]:
        if kind == "record":
            return _names(reader, writer, path) or self._fields(reader, writer, path)
        if kind == "enum":
            return _names(reader, writer, path) or _symbols(reader, writer, path)
        if kind == "fixed":
            return _names(reader, writer, path) or _sizes(reader, writer, path)
        if kind in {"array", "map"}:
            inside = "items" if kind == "array" else "values"
            return self.compare(reader[inside], writer[inside], f"{path}[]")
        return _meanings(reader, writer, path)

    def _fields(self, reader: Any, writer: Any, path: str) -> list[Problem]:
        written = {field["name"]: field for field in writer["fields"]}
        found: list[Problem] = []
        for field in reader["fields"]:
            where = f"{path}.{field['name']}" if path else field["name"]
            names = [field["name"], *field.get("aliases", ())]
            match = next((written[name] for name in names if name in written), None)
            if match is not None:
                found += self.compare(field["type"], match["type"], where)
            elif "default" not in field:
                found.append(Problem(where, Rule.MISSING, "it is expected, has no default, and is not written"))
        return found


def _named(schema: Any) -> dict[str, Any]:
    """Every named type that a schema defines, by full name."""
    if isinstance(schema, list):
        return {name: kind for branch in schema for name, kind in _named(branch).items()}
    if not isinstance(schema, dict):
        return {}
    inside = [schema.get("items"), schema.get("values"), *(field["type"] for field in schema.get("fields", ()))]
    below = {name: kind for part in inside for name, kind in _named(part).items()}
    return below | ({_full(schema): schema} if "name" in schema else {})


def _resolve(schema: Any, named: dict[str, Any]) -> Any:
    """A reference by full name becomes its definition; `{"type": "long"}` stays what it is."""
    return named.get(schema, schema) if isinstance(schema, str) else schema


def _full(schema: Any) -> str:
    namespace = schema.get("namespace")
    return f"{namespace}.{schema['name']}" if namespace and "." not in schema["name"] else str(schema["name"])


def _kind(schema: Any) -> str:
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _label(schema: Any) -> str:
    """What a person calls this type."""
    if isinstance(schema, list):
        return " or ".join(_label(branch) for branch in schema)
    return _full(schema) if isinstance(schema, dict) and "name" in schema else _kind(schema)


def _names(reader: Any, writer: Any, path: str) -> list[Problem]:
    if _full(writer) in {_full(reader), *reader.get("aliases", ())}:
        return []
    return [Problem(path, Rule.NAME, f"{_full(writer)} is written, {_full(reader)} is expected and has no such alias")]


def _symbols(reader: Any, writer: Any, path: str) -> list[Problem]:
    if "default" in reader:
        return []
    unknown = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    return [Problem(path, Rule.SYMBOL, f"{', '.join(unknown)} may be written")] if unknown else []


def _sizes(reader: Any, writer: Any, path: str) -> list[Problem]:
    same = reader["size"] == writer["size"]
    return [] if same else [Problem(path, Rule.SIZE, f"{writer['size']} bytes are written, {reader['size']} expected")]


def _meanings(reader: Any, writer: Any, path: str) -> list[Problem]:
    meant, read = (s.get("logicalType") if isinstance(s, dict) else None for s in (writer, reader))
    return [] if meant == read else [Problem(path, Rule.MEANING, f"{meant} is written, {read} is read")]
