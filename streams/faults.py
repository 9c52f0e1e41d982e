"""How a worker ends: by a fault that a restart may cure (70), or by something that only a person can put right (78)."""

import os

from schemas.process.log import get_logger
from schemas.process.service import die

NEEDS_PERSON = 78
"""Exit code EX_CONFIG: restarting alone will not help, and going on would skip or repeat inputs in silence."""


class NeedsPerson(Exception):
    """The topics are not those that the stored state speaks of. The message says what to do."""


def end_for(error: BaseException, **facts: object) -> None:
    """End this process at once, without any `finally`: what was not handled must not be acknowledged."""
    if isinstance(error, NeedsPerson):
        get_logger().error("stopped: a person is needed", error=str(error), **facts)
        os._exit(NEEDS_PERSON)
    get_logger().error("the fault", exc_info=error)
    die("ended by a fault", error=f"{type(error).__name__}: {error}", **facts)
