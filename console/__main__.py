"""The officers' desk (`serve`), and the residents' pages: one role writes them, another serves them with nothing else.

`hash` reads a password and prints its hash for the accounts file.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from aiokafka.errors import KafkaError

from console.app import body
from console.beat import app as link_test
from console.ledger_kafka import write_file
from console.officers import BadOfficers, Officers, hash_password, load_officers
from console.public import pages, publish
from console.settings import BeatSettings, ConsoleSettings, PublicSettings
from schemas.kafka import Where
from schemas.process.health import Health
from schemas.process.service import Body, run
from schemas.process.settings import Settings, load

VERBS = {
    "serve": "serve the officers' desk",
    "publish": "write the public pages to SONAE_PUBLIC_DIR on every change of an order",
    "pages": "serve SONAE_PUBLIC_DIR; needs no Kafka, no Redis and no other program",
    "beat": "send a test message through every hop once a minute, and say which route is silent",
    "ledger": "write how every delivery of an order revision ended to a CSV file",
    "hash": "read a password from standard input and print its argon2 hash",
}


def main() -> None:
    """Run a verb."""
    parser = argparse.ArgumentParser(prog="python -m console", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    parsers = {name: verbs.add_parser(name, help=words) for name, words in VERBS.items()}
    _ask_for_ledger(parsers["ledger"])
    asked = parser.parse_args()
    verb = asked.verb
    if verb == "ledger":
        ledger(asked.order, asked.revision, asked.csv)
    elif verb == "hash":
        print(hash_password(sys.stdin.readline().rstrip("\n")))
    elif verb == "serve":
        serve()
    elif verb == "beat":
        beat()
    else:
        public(verb)


def _ask_for_ledger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--order", required=True, help="the order's id")
    parser.add_argument("--revision", required=True, type=int, help="its number: 1 for the first")
    parser.add_argument("--csv", required=True, type=Path, help="file to write")


def ledger(order_id: str, revision: int, file: Path) -> None:
    """One row a recipient, of the world that SONAE_WORLD names. Exit code 1: Kafka did not answer; 2: asked wrongly."""
    settings = load(Settings)
    try:
        count = asyncio.run(write_file(Where.of(settings), settings.world, order_id, revision, file))
    except KafkaError as error:
        print(f"Kafka at {settings.kafka_bootstrap} (SONAE_KAFKA_BOOTSTRAP) did not do it: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    except (LookupError, OSError) as error:
        print(f"console ledger: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    print(f"{count} recipients of order {order_id} revision {revision} ({settings.world}) in {file}")


def serve() -> None:
    """The desk; a wrong setting or accounts file is one sentence and exit code 2."""
    settings = load(ConsoleSettings)
    officers = _officers(settings)

    async def work(health: Health) -> None:
        await body(settings, officers, health)

    run("console", settings, work, own_web=True)


def beat() -> None:
    """The link test."""
    settings = load(BeatSettings)
    officers = _officers(settings)

    async def work(health: Health) -> None:
        await link_test.body(settings, officers, health)

    run("beat", settings, work, own_web=True)


def _officers(settings: ConsoleSettings) -> Officers:
    try:
        return load_officers(settings.officers)
    except BadOfficers as error:
        print(f"SONAE_OFFICERS: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def public(verb: str) -> None:
    """The publisher, or the server of what it wrote."""
    settings = load(PublicSettings)
    work: Body = (
        (lambda health: publish.body(settings, health))
        if verb == "publish"
        else (lambda health: pages.body(settings, health))
    )
    run(verb, settings, work, own_web=verb == "pages")


if __name__ == "__main__":
    main()
