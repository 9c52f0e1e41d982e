"""Structured log lines: one JSON object a line on stderr, with the program and, where there is one, the trace id."""

import json
import logging
import sys
from datetime import UTC, datetime
from functools import cache

import structlog


class LibraryLine(logging.Formatter):
    """A line of a library's logger in the shape of our own."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; a traceback is one of its fields."""
        line = {
            "program": self._program,
            "logger": record.name,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(program: str, level: str = "info") -> None:
    """Set up once, at start. Libraries' loggers speak through the same lines from warning on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _bound.cache_clear()
    structlog.contextvars.bind_contextvars(program=program)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryLine(program))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """A logger bound to what `configure` set."""
    return _bound() if structlog.is_configured() else structlog.get_logger()


@cache
def _bound() -> structlog.typing.FilteringBoundLogger:
    """Made once: making one costs more than writing its line, or than writing none."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind()
    return logger
