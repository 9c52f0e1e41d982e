"""`python -m notifier api|index|refill|plan|deliver|broadcast|webhook|cap`: one role a process."""

import argparse
import asyncio
import functools
import importlib
import sys
from dataclasses import dataclass

from notifier.settings import MissingSetting, NotifierSettings
from schemas.process.service import run
from schemas.process.settings import load


@dataclass(frozen=True, slots=True)
class Role:
    """Where `body(settings, health)` is, which settings it needs, and whether it serves its health pages itself."""

    module: str
    does: str
    needs: tuple[str, ...] = ()
    own_web: bool = False


ROLES = {
    "api": Role(
        "notifier.subscriptions.api",
        "subscriptions and receipts over HTTP",
        ("sealing_key", "vapid_key", "vapid_subject", "verify_key"),
        own_web=True,
    ),
    "index": Role("notifier.indexer", "subscriptions into Redis pages; exactly one", ("sealing_key",)),
    "refill": Role("notifier.refill", "single-use key agreements, made in quiet times; any number", ("sealing_key",)),
    "plan": Role("notifier.planner", "orders and calls into plans and jobs; one a world", ("verify_key",)),
    "deliver": Role("notifier.deliver", "jobs to devices; one a core", ("sealing_key", "vapid_key", "vapid_subject")),
    "broadcast": Role("notifier.broadcast.app", "records to partners over HTTP", ("partners",), own_web=True),
    "cap": Role("notifier.cap.publish", "orders as CAP alerts and Atom feeds on disk; one", ("public_dir",)),
    "webhook": Role("notifier.webhooks.app", "records to partners' webhooks, signed; another stands by", ("partners",)),
}


def main(argv: list[str] | None = None) -> None:
    """Start one role. A missing setting is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m notifier", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    parsers = {name: roles.add_parser(name, help=described.does) for name, described in ROLES.items()}
    parsers["webhook"].add_argument("--replay", metavar="PARTNER", help="tell the running role where to go on, and end")
    parsers["webhook"].add_argument(
        "--from", dest="since", default="stopped", help="an event's id, a time (2026-09-21T06:00:00Z), 0 or stopped"
    )
    chosen = parser.parse_args(argv)
    name = chosen.role
    role, settings = ROLES[name], load(NotifierSettings)
    try:
        settings.required(*role.needs)
    except MissingSetting as error:
        print(f"notifier {name}: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    if name == "webhook" and chosen.replay:
        replay = importlib.import_module("notifier.webhooks.replay").replay
        raise SystemExit(asyncio.run(replay(settings, chosen.replay, chosen.since)))
    module = importlib.import_module(role.module)  # a role loads its own libraries, not the other roles'
    run(f"notifier-{name}", settings, functools.partial(module.body, settings), own_web=role.own_web)


if __name__ == "__main__":
    main()
