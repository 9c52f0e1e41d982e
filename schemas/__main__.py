"""`python -m schemas check | topics | keys | sync | acls | redrive`."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path

from aiokafka.errors import KafkaError

from schemas import commands
from schemas.acls_commands import acls
from schemas.admin import AdminError
from schemas.keys import KINDS, SETTINGS
from schemas.process import log
from schemas.process.settings import load
from schemas.redrive import Wanted
from schemas.registry import RegistryError
from schemas.settings import SchemasSettings


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 somebody must act, 2 called wrongly."""
    chosen = _parser().parse_args(argv)
    if chosen.command == "check":
        return commands.check()
    if chosen.command == "topics":
        return commands.topics(chosen.markdown)
    if chosen.command == "keys":
        return commands.make_keys(chosen.kinds)
    settings = load(SchemasSettings)
    log.configure("schemas", settings.log_level)
    try:
        return _on_the_broker(settings, chosen)
    except (AdminError, KafkaError, TimeoutError) as error:
        print(f"Kafka at {settings.kafka_bootstrap} (SONAE_KAFKA_BOOTSTRAP) did not do it: {error}", file=sys.stderr)
    except (LookupError, RegistryError) as error:
        print(str(error), file=sys.stderr)
    return 1


def _on_the_broker(settings: SchemasSettings, chosen: argparse.Namespace) -> int:
    if chosen.command == "sync":
        return commands.sync(settings, chosen.profile)
    if chosen.command == "acls":
        return asyncio.run(acls(settings, chosen.partners, chosen.apply, chosen.password))
    wanted = Wanted(tuple(chosen.id), chosen.reason, chosen.topic, chosen.since)
    return asyncio.run(commands.redrive_letters(settings, wanted, chosen.dry_run, chosen.save))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m schemas", description="Records, topics and what was set aside.")
    commands_ = parser.add_subparsers(dest="command", required=True)
    commands_.add_parser("check", help="records against schemas, and every version against every other")
    topics = commands_.add_parser("topics", help="the rows of topics.toml")
    topics.add_argument("--markdown", action="store_true", help="as the page docs/topics.md")
    made = commands_.add_parser("keys", help="fresh keys as lines of an environment file; each call makes others")
    known = f"of {', '.join(KINDS)} (default: {', '.join(SETTINGS)})"
    made.add_argument("kinds", nargs="*", metavar="KIND", help=known)
    sync = commands_.add_parser("sync", help="create missing topics; register schemas if SONAE_SCHEMA_REGISTRY is set")
    sync.add_argument("--profile", choices=("local", "cluster"), help="default: local if SONAE_LOCAL is set")
    allowed = commands_.add_parser(
        "acls", help="who may read and write what on the broker, from topics.toml and partners"
    )
    allowed.add_argument("--partners", type=Path, help="the partners' file (default: SONAE_PARTNERS)")
    allowed.add_argument("--print", action="store_true", help="as commands of Kafka's own tools (the default)")
    allowed.add_argument("--apply", action="store_true", help="add what is missing, remove what is no longer meant")
    allowed.add_argument("--password", metavar="USER", help="give a partner or program a fresh password, shown once")
    redrive = commands_.add_parser("redrive", help="send dead letters through again")
    redrive.add_argument("--id", action="append", default=[], help="only this letter (may be repeated)")
    redrive.add_argument("--reason", help="only letters with this reason")
    redrive.add_argument("--topic", help="only letters from this topic: a row's name, or as it is called on the broker")
    redrive.add_argument("--since", type=_moment, help="only letters parked since then (2026-09-21T06:00:00Z)")
    redrive.add_argument("--dry-run", action="store_true", help="say what would be done, send nothing")
    redrive.add_argument("--save", type=Path, metavar="FOLDER", help="write each letter's bytes to a file there")
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no time as 2026-09-21T06:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} names no zone: add Z or an offset")
    return moment


if __name__ == "__main__":
    sys.exit(main())
