"""What each command of `python -m schemas` does and prints. Each returns the exit code: 0, or 1: somebody must act."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from schemas import keys, topics_table
from schemas.admin import sync_topics
from schemas.check import findings
from schemas.codec import record_types
from schemas.kafka import Where
from schemas.redrive import Wanted, redrive
from schemas.registry import register_all
from schemas.registry_map import save_map
from schemas.settings import SchemasSettings
from schemas.topics import load_profiles


def check() -> int:
    """Records against schemas, and every version against every other."""
    found = findings()
    for finding in found:
        print(f"{'must not be released' if finding.fatal else 'fine'} · {finding.text}")
    fatal = sum(finding.fatal for finding in found)
    print(f"{len(record_types())} records; " + (f"{fatal} to mend" if fatal else "what was released is still read"))
    return 1 if fatal else 0


def topics(markdown: bool) -> int:
    """The rows of topics.toml."""
    print(topics_table.page() if markdown else "\n".join(topics_table.lines()), end="" if markdown else "\n")
    return 0


def make_keys(kinds: Sequence[str]) -> int:
    """Fresh keys on standard output; nothing is kept. 2: asked for a kind that there is not."""
    if unknown := [kind for kind in kinds if kind not in keys.KINDS]:
        print(f"keys: {unknown[0]} is none of {', '.join(keys.KINDS)}", file=sys.stderr)
        return 2
    print("\n".join(keys.lines(kinds or keys.SETTINGS)))
    return 0


def sync(settings: SchemasSettings, profile: str | None) -> int:
    """Missing topics, and the registry if there is one."""
    chosen = load_profiles()[profile or ("local" if settings.local else "cluster")]
    report = sync_topics(Where.of(settings), chosen)
    print(f"profile {chosen.name}: {len(report.created)} topics created, {len(report.present)} were there")
    for difference in report.differs:
        print(f"differs · {difference}")
    if report.differs:
        print("Partition counts are never changed: keys would move. Make a new topic and replay into it.")
    return max(1 if report.differs else 0, _register(settings))


def _register(settings: SchemasSettings) -> int:
    if settings.schema_registry is None:
        return 0
    if settings.schema_map is None:
        print("SONAE_SCHEMA_REGISTRY is set, SONAE_SCHEMA_MAP is not: name the file for the registry's schema ids")
        return 1
    ids = register_all(settings.schema_registry, settings.namespace)
    save_map(settings.schema_map, ids)
    print(f"{len(ids)} schemas at {settings.schema_registry}; their ids are in {settings.schema_map}")
    return 0


async def redrive_letters(settings: SchemasSettings, wanted: Wanted, dry_run: bool, save: Path | None) -> int:
    """Dead letters, one line each."""
    seen = sent = 0
    async for step in redrive(Where.of(settings), wanted, dry_run, save):
        seen, sent = seen + 1, sent + step.sent
        letter = step.letter
        print(f"{letter.id} · {_minute(letter.made_at)} · {letter.program}, {letter.reason} · {step.text}")
    print(f"{seen} dead letters; {sent} sent again" + (" (nothing is sent with --dry-run)" if dry_run else ""))
    return 0


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ")
