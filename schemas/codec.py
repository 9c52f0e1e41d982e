"""Record ↔ framed Avro bytes, and the law between them: decode(encode(r)) == r, and what encodes is valid.

A codec made for one world refuses records of another. Readers resolve every schema version in schemas/avro by its id.
"""

import dataclasses
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import fastavro
import fastavro.write
import msgspec

from schemas import outcomes
from schemas.framing import Unframed, derived_id, frame, unframe
from schemas.records import decided, delivered, judged, observed, plumbing
from schemas.records.base import World
from schemas.records.delivered import JobOutcome

AVRO_FOLDER = Path(__file__).with_name("avro")
Record = TypeVar("Record")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REGISTRY_IDS: dict[int, int] = {}
"""A registry's ids to derived ids, for every codec that was not given its own; filled once, at start."""


class Unreadable(ValueError):
    """These bytes can never become the record: unframed, unknown schema, or not what the schema says. Park them."""


class WrongWorld(ValueError):
    """The record belongs to another world than this codec."""


class Invalid(ValueError):
    """The record itself breaks its schema: a naive time, a wrong type."""


def know(registry_ids: dict[int, int]) -> None:
    """Tell every codec of this process a registry's ids; called once, at start, before anything is read."""
    REGISTRY_IDS.clear()
    REGISTRY_IDS.update(registry_ids)


@cache
def record_types() -> dict[str, type]:
    """Every record that a topic row may name, by name: the dataclasses that have a schema file."""
    modules = (observed, judged, decided, delivered, plumbing)
    written = {file.name.split(".")[0] for file in AVRO_FOLDER.glob("*.avsc")}
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if dataclasses.is_dataclass(value) and isinstance(value, type) and snake(name) in written
    }


def _micros(value: Any, *_: Any) -> int:
    """Microseconds since the epoch; fastavro would read a naive time as local, which must never happen."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a naive time ({value}) has no place in a record")
        return (value - EPOCH) // timedelta(microseconds=1)
    return int(value)


fastavro.write.LOGICAL_WRITERS["long-timestamp-micros"] = _micros  # fastavro's documented hook


def snake(name: str) -> str:
    """ReadingBatch → reading_batch: how a record's files are called."""
    return "".join(("_" if c.isupper() and i else "") + c.lower() for i, c in enumerate(name))


@cache
def schemas_of(record: str) -> dict[int, Any]:
    """All versions of a record's schema, parsed once, by derived id; the last is the newest."""
    files = sorted(AVRO_FOLDER.glob(f"{snake(record)}.v*.avsc"), key=version_of)
    plain = [json.loads(file.read_text(encoding="utf8")) for file in files]
    return {derived_id(schema): fastavro.parse_schema(schema, named_schemas={}) for schema in plain}


def version_of(file: Path) -> int:
    """order.v2.avsc → 2."""
    return int(file.name.split(".v")[1].removesuffix(".avsc"))


class Codec(Generic[Record]):
    """encode, decode, validate for one record type in one world (None: a record that belongs to no world)."""

    def __init__(self, record: type[Record], world: World | None, registry_ids: dict[int, int] | None = None) -> None:
        """`registry_ids` maps a registry's ids to derived ids (default: what `know` was told); readers know both."""
        self.record, self.world = record, world
        self.schemas = schemas_of(record.__name__)
        self.registry_ids = REGISTRY_IDS if registry_ids is None else registry_ids
        self.newest_id = list(self.schemas)[-1]
        self.newest = self.schemas[self.newest_id]

    @property
    def written_id(self) -> int:
        """The schema id that records go out under: the registry's, if it has one for the newest version."""
        return next((own for own, derived in self.registry_ids.items() if derived == self.newest_id), self.newest_id)

    def encode(self, record: Record) -> bytes:
        """Framed bytes; raises WrongWorld or Invalid."""
        self._check_world(record)
        quick = outcomes.write(record) if isinstance(record, JobOutcome) else None
        if quick is not None:
            return frame(self.written_id, quick)
        out = io.BytesIO()
        try:
            plain = msgspec.to_builtins(record, builtin_types=(datetime, bytes))
            fastavro.schemaless_writer(out, self.newest, plain, strict=True)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Invalid(f"{self.record.__name__}: {error}") from error
        return frame(self.written_id, out.getvalue())

    def decode(self, message: bytes | None) -> Record:
        """The record; raises Unreadable or WrongWorld."""
        if message is None:
            raise Unreadable("a tombstone where a record was expected")
        record = self._read(message)
        self._check_world(record)
        return record

    def validate(self, record: Record) -> None:
        """Raises what encode would raise."""
        self.encode(record)

    def _read(self, message: bytes) -> Record:
        try:
            schema_id, body = unframe(message)
        except Unframed as error:
            raise Unreadable(str(error)) from error
        writer = self.schemas.get(self.registry_ids.get(schema_id, schema_id))
        if writer is None:
            raise Unreadable(f"schema id {schema_id} is no version of {self.record.__name__}")
        quick = outcomes.read(body) if self.record is JobOutcome and writer is self.newest else None
        if quick is not None:
            return quick  # type: ignore[return-value]  # Record is JobOutcome here
        source = io.BytesIO(body)
        reader = None if writer is self.newest else self.newest  # resolution costs a third of a decode
        try:
            plain = fastavro.schemaless_reader(source, writer, reader)
            record = msgspec.convert(plain, self.record, builtin_types=(datetime, bytes))
        except Exception as error:  # fastavro answers broken bytes with a dozen exception types
            raise Unreadable(f"{self.record.__name__}: {type(error).__name__}: {error}") from error
        if source.tell() != len(body):
            raise Unreadable(f"{self.record.__name__}: {len(body) - source.tell()} bytes too many")
        return record

    def _check_world(self, record: Record) -> None:
        world = getattr(record, "world", None)
        if self.world is not None and world is not None and world != self.world:
            raise WrongWorld(f"a {type(record).__name__} of world {world} has no place among {self.world} records")
