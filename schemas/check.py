"""What `python -m schemas check` finds: records against their files, every version against every other."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.avro_of import avro_of
from schemas.codec import AVRO_FOLDER, record_types, snake, version_of
from schemas.compat import Change, First, Problem, change
from schemas.framing import derived_id
from schemas.topics import Topic, load_topics


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `fatal` ones must not be released."""

    fatal: bool
    text: str


def findings(folder: Path = AVRO_FOLDER) -> list[Finding]:
    """Everything worth saying about all records."""
    return [finding for name, record in record_types().items() for finding in _of_record(name, record, folder)]


def compare(record: str, older: dict[int, Any], rows: list[Topic]) -> list[Finding]:
    """Every pair of versions (number → schema): a new reader must read all that is kept, whoever wrote it."""
    pairs = itertools.combinations(sorted(older), 2)
    return [_move(f"{record} v{a} to v{b}", change(older[a], older[b]), rows) for a, b in pairs]


def _of_record(name: str, record: type, folder: Path) -> list[Finding]:
    files = sorted(folder.glob(f"{snake(name)}.v*.avsc"), key=version_of)
    if not files:
        return [Finding(True, f"{name}: no schema file; write {snake(name)}.v1.avsc")]
    versions = {version_of(file): json.loads(file.read_text(encoding="utf8")) for file in files}
    rows = [row for row in load_topics().values() if row.record == name]
    return [*_numbering(name, versions), *_agreement(name, record, versions), *compare(name, versions, rows)]


def _numbering(name: str, versions: dict[int, Any]) -> list[Finding]:
    gaps = list(versions) != list(range(1, len(versions) + 1))
    same = len({derived_id(schema) for schema in versions.values()}) < len(versions)
    return [
        *([Finding(True, f"{name}: versions {list(versions)} are not 1, 2, 3 …")] if gaps else []),
        *([Finding(True, f"{name}: two versions have one id: they differ in words or defaults only")] if same else []),
    ]


def _agreement(name: str, record: type, versions: dict[int, Any]) -> list[Finding]:
    newest = max(versions)
    if without_docs(avro_of(record)) == without_docs(versions[newest]):
        return []
    return [
        Finding(True, f"{name}: the record and {snake(name)}.v{newest}.avsc differ; a new field needs a new version")
    ]


def _move(what: str, found: Change, rows: list[Topic]) -> Finding:
    """FULL_TRANSITIVE: every version reads every other, or the newer one must not be released."""
    readers = _programs(reader for row in rows for reader in row.readers)
    writers = _programs(writer for row in rows for writer in row.writers)
    # Readers first even where Avro would allow either: they find a schema by its id in their own copy of this folder.
    says = {
        First.EITHER: f"readers first ({readers}), then writers ({writers}); a straggler reads nothing wrong",
        First.READERS: f"readers that stay behind ({readers}) could not read it: {_reasons(found.of_old)}",
        First.WRITERS: f"would need writers first ({writers}), and then what is kept is lost: {_reasons(found.of_new)}",
        First.NOBODY: f"neither can move: make it a new record on a new topic: {_reasons(found.of_new)}",
    }
    return Finding(found.first is not First.EITHER, f"{what}: {says[found.first]}")


def _programs(names: Any) -> str:
    return ", ".join(sorted(set(names))) or "nobody"


def _reasons(found: tuple[Problem, ...]) -> str:
    return "; ".join(f"{problem.path or 'the record'}: {problem.rule} ({problem.text})" for problem in found)


def without_docs(schema: Any) -> Any:
    """The schema with every `doc` left out: better words are no other schema."""
    if isinstance(schema, dict):
        return {key: without_docs(value) for key, value in schema.items() if key != "doc"}
    return [without_docs(part) for part in schema] if isinstance(schema, list) else schema
