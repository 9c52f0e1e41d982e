"""The topics as a table: for a terminal, and as the page docs/topics.md."""

from schemas.topics import Topic, load_profiles, load_topics

HEADINGS = ("topic", "key", "record", "kept", "local", "cluster", "largest", "written by", "read by")

PAGE = """\
# Topics

Made from `schemas/topics.toml` by `python -m schemas topics --markdown`; a test keeps the two the same.

A topic marked * exists once, as `<namespace><topic>`; every other one exists per world (`actual`, `exercise`, `test`),
as `<namespace><world>.<topic>`. The namespace is `SONAE_NAMESPACE`, empty unless it is set. Every message's value is a
record in Confluent framing (`schemas/README.md`), its timestamp is the broker's (LogAppendTime), and its partition is
murmur2 of the key. *local* and *cluster* are the numbers of partitions in the two profiles: fixed at creation, and
equal for all topics keyed by municipality, so that all one town hall needs lies in one partition, in order.

"""


def lines() -> list[str]:
    """Aligned columns."""
    rows = [HEADINGS, *(_cells(row) for row in load_topics().values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def page() -> str:
    """docs/topics.md as a whole."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(_cells(row) for row in load_topics().values())]
    return PAGE + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(row: Topic) -> tuple[str, ...]:
    local, cluster = (str(load_profiles()[profile].partitions[row.key]) for profile in ("local", "cluster"))
    name = f"{row.name}*" if row.once else row.name
    programs = (", ".join(row.writers), ", ".join(row.readers))
    return (name, row.key, row.record, _kept(row), local, cluster, _size(row.max_bytes), *programs)


def _kept(row: Topic) -> str:
    if row.cleanup == "compact":
        return "newest per key"
    return f"{row.retention_days} d" if row.retention_days else "for ever"


def _size(number: int) -> str:
    return f"{number // 1_048_576} MiB" if number >= 1_048_576 else f"{number // 1024} KiB"
