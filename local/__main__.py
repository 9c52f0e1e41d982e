"""`python -m local up|demo|replay|pushservice`."""

import argparse
import asyncio
import contextlib
import os
import sys
from pathlib import Path

from rich.console import Console

from local import demo, pushservice, replay
from local.child import ROOT, ChildError
from local.jars import JarsUnavailable
from local.redis import RedisUnavailable
from local.scenario import DEFAULT_SCENARIO, BadScenario, load_scenario
from local.system import ALL_PARTS, NotLocal, Wanted
from local.up import up
from schemas.records.base import World

REFUSALS = (ChildError, BadScenario, NotLocal, JarsUnavailable, RedisUnavailable)


def main(argv: list[str]) -> int:
    """Exit codes: 0 done (`up`: by Ctrl-C), 1 the demo saw something wrong, 2 it could not start, 130 by Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except REFUSALS as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _up(arguments: argparse.Namespace) -> int:
    live = arguments.live or arguments.feeds is not None
    beaten = (World.TEST,) if live else ()  # a scenario's clock jumps, and the link test counts real minutes
    wanted = Wanted(
        scenario=None if live else arguments.scenario,
        feeds=arguments.feeds,
        parts=ALL_PARTS | {"beat"} if live else ALL_PARTS,
        worlds=tuple(dict.fromkeys((World.ACTUAL, *beaten, *arguments.world))),
        speed=arguments.speed,
        data=arguments.data,
        workers=arguments.workers,
    )
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        asyncio.run(up(wanted, Console()))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    return asyncio.run(demo.demo(arguments.scenario, arguments.data, arguments.devices))


def _replay(arguments: argparse.Namespace) -> int:
    replay.serve(load_scenario(arguments.scenario, arguments.data), arguments.port, arguments.data, arguments.speed)
    return 0


def _pushservice(arguments: argparse.Namespace) -> int:
    pushservice.serve(arguments.port)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="A whole Sonae on one machine.")
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("up", help="start everything and leave it running")
    _scenario_options(one)
    one.add_argument("--live", action="store_true", help="follow the live feeds, with the link test")
    one.add_argument("--feeds", type=Path, help="follow the feeds of this file")
    one.add_argument("--world", type=World, action="append", default=[], help="run the programs of this world, too")
    one.add_argument("--workers", type=int, default=1, help="delivery workers per world")
    one.set_defaults(run=_up)
    two = verbs.add_parser("demo", help="play the scenario from feed bytes to devices, check it, and end")
    _scenario_options(two)
    two.add_argument("--devices", type=int, default=240, help="virtual devices (at least 200)")
    two.set_defaults(run=_demo)
    three = verbs.add_parser("replay", help="the feed replay server alone")
    _scenario_options(three)
    three.add_argument("--port", type=int, required=True)
    three.set_defaults(run=_replay)
    four = verbs.add_parser("pushservice", help="the virtual push service alone")
    four.add_argument("--port", type=int, required=True)
    four.set_defaults(run=_pushservice)
    return parser


def _scenario_options(parser: argparse.ArgumentParser) -> None:
    data = (ROOT / os.environ.get("SONAE_DATA", "../shared/data")).resolve()
    parser.add_argument("--scenario", type=Path, default=DEFAULT_SCENARIO, help="a scenario file")
    parser.add_argument("--data", type=Path, default=data if data.is_dir() else None, help="folder of recorded data")
    parser.add_argument("--speed", type=float, default=None, help="scenario seconds per second (default: jump)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
