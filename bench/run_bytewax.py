"""Contestant: Bytewax with the same detector on whole batches. Runs in an environment of its own.

Its own snapshots keep the states, twice a second, as *watch*'s groups do.
"""

import os
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]  # only in its own environment
from bytewax.connectors.kafka import KafkaSinkMessage  # type: ignore[import-not-found]
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.recovery import RecoveryConfig, init_db_dir  # type: ignore[import-not-found]
from bytewax.run import cli_main  # type: ignore[import-not-found]

from bench.detector import Detector
from bench.odometer import Odometer, spec_of_argv

STORE_PARTS = 1
QUICK = {"acks": "all", "enable.idempotence": "true", "compression.type": "lz4", "linger.ms": "0"}


def flow_of(brokers: list[str], namespace: str) -> Any:
    """readings → the detector, keyed by municipality → detections."""
    spec = spec_of_argv()
    detector, odometer = Detector(spec), Odometer(spec)

    def take(_state: bytes | None, message: bytes) -> tuple[bytes, Iterable[bytes]]:
        town, outputs = detector.take(message)
        odometer.passed(len(outputs))
        said = [detector.encoded(output.topic, output.record) for output in outputs if output.topic == "detections"]
        return detector.fold.encode(detector.states[town]), said

    flow = Dataflow("measured")
    topics = [f"{namespace}actual.readings"]
    stream = kafka.input("in", flow, brokers=brokers, topics=topics, tail=True, add_config={"fetch.wait.max.ms": "100"})
    keyed = op.map("key", stream.oks, lambda message: (message.key.decode(), message.value))
    found = op.stateful_flat_map("take", keyed, take)
    records = op.map("record", found, lambda pair: KafkaSinkMessage(pair[0].encode(), pair[1]))
    kafka.output("out", records, brokers=brokers, topic=f"{namespace}actual.detections", add_config=QUICK)
    return flow


def main() -> None:
    """Run until ended from outside."""
    flow = flow_of([os.environ["SONAE_KAFKA_BOOTSTRAP"]], os.environ["SONAE_NAMESPACE"])
    with tempfile.TemporaryDirectory(prefix="bytewax") as folder:
        init_db_dir(Path(folder), STORE_PARTS)
        cli_main(flow, epoch_interval=timedelta(seconds=0.5), recovery_config=RecoveryConfig(folder))


if __name__ == "__main__":
    main()
