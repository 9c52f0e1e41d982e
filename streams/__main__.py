"""`python -m streams watch|decide` runs one app; `backtest` and `explain` look back: at recorded series, at topics."""

import sys

from schemas.process.service import run
from schemas.process.settings import load
from schemas.signing import public_key
from streams import backtest, explain, roles
from streams.decided import DecideFold
from streams.knowledge import load_knowledge
from streams.places import knowledge, signed_with
from streams.settings import StreamsSettings
from streams.watch import WatchFold
from streams.worker import serve

USAGE = """usage: python -m streams watch | decide
       python -m streams backtest --gauges G.csv --readings R.csv --out D.csv
       python -m streams explain --area CODE --at TIME"""


def watch() -> None:
    """Run one worker of *watch*."""
    settings = load(StreamsSettings)
    role = roles.watch(WatchFold(load_knowledge()), signed_with(public_key(settings.verify_key)))
    run("watch", settings, lambda health: serve(role, settings, health))


def decide() -> None:
    """Run one worker of *decide*."""
    settings = load(StreamsSettings)
    role = roles.decide(DecideFold(knowledge(public_key(settings.verify_key))))
    run("decide", settings, lambda health: serve(role, settings, health))


def main(arguments: list[str]) -> int:
    """Exit code of the program."""
    match arguments:
        case ["watch"]:
            watch()
        case ["decide"]:
            decide()
        case ["backtest", *rest]:
            return backtest.main(rest)
        case ["explain", *rest]:
            return explain.main(rest)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
