"""`python -m console serve`: the desk and the public pages. `hash`: a password's hash for the accounts file."""

import argparse
import sys

from console.app import body
from console.officers import BadOfficers, hash_password, load_officers
from console.settings import ConsoleSettings
from schemas.process.health import Health
from schemas.process.service import run
from schemas.process.settings import load


def main() -> None:
    """Run a verb."""
    parser = argparse.ArgumentParser(prog="python -m console", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("serve", help="serve the desk and the public pages")
    verbs.add_parser("hash", help="read a password from standard input and print its argon2 hash")
    if parser.parse_args().verb == "hash":
        print(hash_password(sys.stdin.readline().rstrip("\n")))
        return
    serve()


def serve() -> None:
    """The process; a wrong setting or accounts file is one sentence and exit code 2."""
    settings = load(ConsoleSettings)
    try:
        officers = load_officers(settings.officers)
    except BadOfficers as error:
        print(f"SONAE_OFFICERS: {error}", file=sys.stderr)
        raise SystemExit(2) from error

    async def work(health: Health) -> None:
        await body(settings, officers, health)

    run("console", settings, work, own_web=True)


if __name__ == "__main__":
    main()
