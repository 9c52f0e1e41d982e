"""Where a sealed plan's recipients lie: which job holds whom. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.records.delivered import Plan


@dataclass(frozen=True, slots=True)
class Layout:
    """A plan's jobs by id, and by bucket with the first and last recipient of each."""

    revision: int
    numbers: dict[str, int]
    buckets: dict[int, list[tuple[str, str, int]]]

    def numbers_in(self, bucket: int) -> list[int]:
        """The jobs of one bucket."""
        return [number for _, _, number in self.buckets.get(bucket, ())]

    def holding(self, bucket: int, name: str) -> list[int]:
        """The jobs that may hold somebody: one, unless jobs were added after a loss."""
        return [number for first, last, number in self.buckets.get(bucket, ()) if first <= name <= last]


def layout_of(plan: Plan, edges: Sequence[str]) -> Layout:
    """From a plan and the first and last name of each of its jobs."""
    buckets: dict[int, list[tuple[str, str, int]]] = {}
    for number, (row, first, last) in enumerate(zip(plan.buckets, edges[::2], edges[1::2], strict=True)):
        buckets.setdefault(row.bucket, []).append((first, last, number))
    return Layout(plan.revision, {row.job_id: number for number, row in enumerate(plan.buckets)}, buckets)
