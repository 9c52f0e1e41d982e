"""Structured log lines: one JSON object a line on stderr, with the program and, where there is one, the trace id."""

import logging
import sys

import structlog


def configure(program: str, level: str = "info") -> None:
    """Set up once, at start. Third-party loggers speak through the same lines from warning on."""
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
    structlog.contextvars.bind_contextvars(program=program)
    line = '{"level":"%(levelname)s","logger":"%(name)s","event":%(message)r}'
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=line, force=True)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """A logger bound to what `configure` set."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
