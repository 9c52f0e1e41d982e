"""Contestant: *watch* as it is, through its Faust agent, with the made-up country's gauges. See bench.detect."""

from datetime import datetime

from bench.odometer import Odometer, spec_of_argv
from bench.rivers import knowledge_of
from schemas.process.service import run
from schemas.process.settings import load
from schemas.records.observed import ReadingBatch
from schemas.signing import public_key
from streams import roles
from streams.fold import Output
from streams.places import signed_with
from streams.settings import StreamsSettings
from streams.watch import Watched, WatchFold
from streams.worker import serve


class MeasuredFold(WatchFold):
    """*watch*'s own fold, with a counter beside it."""

    odometer: Odometer

    def step(self, state: Watched, record: object, made_at: datetime) -> tuple[Watched, tuple[Output, ...]]:
        """The fold's step."""
        after, outputs = super().step(state, record, made_at)
        if isinstance(record, ReadingBatch):
            self.odometer.passed(len(outputs))
        return after, outputs


def main() -> None:
    """Run until ended from outside."""
    spec, settings = spec_of_argv(), load(StreamsSettings)
    fold = MeasuredFold(knowledge_of(spec))
    fold.odometer = Odometer(spec)
    role = roles.watch(fold, signed_with(public_key(settings.verify_key)))
    run("watch", settings, lambda health: serve(role, settings, health))


if __name__ == "__main__":
    main()
