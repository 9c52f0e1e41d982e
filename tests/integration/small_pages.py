"""`python -m tests.integration.small_pages N`: the indexer with pages of N subscribers, which a handful outgrow."""

import functools
import sys

from notifier import indexer
from notifier.pages import Spread
from notifier.settings import NotifierSettings
from schemas.process.service import run
from schemas.process.settings import load


def spread(per_page: int) -> Spread:
    """With one a page, sixteen fill the first two pages: the seventeenth makes 32 of them."""
    return Spread(per_page, least_bits=1)


def main() -> None:
    """As `python -m notifier index`."""
    settings = load(NotifierSettings)
    run("notifier-index", settings, functools.partial(indexer.body, settings, spread=spread(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
