"""`python -m connectors run | sources [--feeds F]`, `parse [--short | --table] FILE…`, `try MAPPING FILE`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from secrets import SystemRandom

from connectors.files import parse_files
from connectors.formats import sources_of
from connectors.kinds_table import print_table
from connectors.mapped.attempt import try_mapping
from connectors.mapped.endpoint import Door, lines_of, serve_pushes
from connectors.mapped.tokens import load_tokens
from connectors.places import from_reference
from connectors.rows import BadFeeds, load_feeds
from connectors.runner import Outside, run_sources
from connectors.settings import ConnectorSettings
from connectors.short import short
from connectors.show import show_sources
from schemas.kafka import Publisher, Where
from schemas.process import service
from schemas.process.clock import clock_from, now_utc
from schemas.process.health import Health
from schemas.process.settings import load


def main(arguments: list[str]) -> int:
    """Exit code 0, 2 for wrong settings, feeds or mappings, 1 for a file of which nothing can be used."""
    words = _parser().parse_args(arguments)
    if words.verb == "parse":
        if words.table:
            return print_table(words.files, sys.stdout, words.everywhere)
        return parse_files(words.files, sys.stdout, words.everywhere, short if words.short else None)
    if words.verb == "try":
        return _try(words.mapping, words.file)
    settings = load(ConnectorSettings)
    if words.feeds is not None:
        settings = settings.model_copy(update={"feeds": words.feeds})
    try:
        return asyncio.run(show_sources(settings, sys.stdout)) if words.verb == "sources" else _run(settings)
    except BadFeeds as error:
        print(error, file=sys.stderr)
        return 2


def _try(mapping: str, file: Path) -> int:
    try:
        return try_mapping(mapping, file, from_reference(), sys.stdout, now_utc())
    except BadFeeds as error:
        print(error, file=sys.stderr)
        return 2


def _run(settings: ConnectorSettings) -> int:
    feeds = load_feeds(settings.feeds)
    sources = sources_of(feeds, from_reference())
    tokens = load_tokens(settings.push_tokens)

    async def body(health: Health) -> None:
        publisher = Publisher(Where.of(settings))
        clock = clock_from(settings.clock)
        await publisher.start()
        health.checks["kafka"] = publisher.answers
        try:
            outside = Outside(feeds, publisher, clock, health, settings.agent, SystemRandom().random)
            async with asyncio.TaskGroup() as group:
                group.create_task(run_sources(sources, outside))
                if lines := lines_of(sources):
                    door = Door(lines, tokens, feeds, publisher, clock, asyncio.get_running_loop().create_future())
                    group.create_task(serve_pushes(door, settings.host, settings.push_port))
        finally:
            await publisher.stop()
            await clock.close()

    service.run("connectors", settings, body)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors", description="Feeds into topics.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="poll for ever")
    run.add_argument("--feeds", type=Path, help="rows of sources instead of connectors/feeds.toml")
    parse = verbs.add_parser("parse", help="print what files become, as JSON lines")
    parse.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parse.add_argument("--everywhere", action="store_true", help="for every area that a telegram names, not ours only")
    parse.add_argument("--table", action="store_true", help="a table of kinds: files read, files parked, and why")
    parse.add_argument(
        "--short", action="store_true", help="one line per hazard: time in Japan, area, level, 発表 or 解除"
    )
    tried = verbs.add_parser("try", help="print what a mapping makes of a file, as JSON lines and counts")
    tried.add_argument("mapping", help="a mapping's file, or its name in connectors/mappings")
    tried.add_argument("file", type=Path, metavar="FILE")
    shown = verbs.add_parser("sources", help="the sources, and how each does")
    shown.add_argument("--feeds", type=Path, help="rows of sources instead of connectors/feeds.toml")
    return parser


def _printed(arguments: list[str]) -> int:
    """The same for a shell: a reader such as `head` that has seen enough is no fault."""
    try:
        code = main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still in the buffer has no reader
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if "run" in sys.argv[1:2] else _printed(sys.argv[1:]))
