"""Contestant: Quix Streams with the same detector on whole batches. Runs in an environment of its own.

States stay in memory as objects, so that Quix only has to write them (to its store and changelog), never to read them.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found]  # only in its own environment

from bench.detector import Detector
from bench.odometer import Odometer, spec_of_argv


def application(folder: str) -> Any:
    """As a careful user would set it: at least once, committing as often as *watch* does."""
    return Application(
        broker_address=os.environ["SONAE_KAFKA_BOOTSTRAP"],
        consumer_group=f"{os.environ['SONAE_NAMESPACE']}{Path(folder).name}",
        auto_offset_reset="earliest",
        commit_interval=0.5,
        state_dir=folder,
        consumer_extra_config={"fetch.wait.max.ms": 100},
        producer_extra_config={"acks": "all", "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 0},
        loglevel="WARNING",
    )


def main() -> None:
    """Run until ended from outside."""
    spec = spec_of_argv()
    detector, odometer = Detector(spec), Odometer(spec)
    namespace = os.environ["SONAE_NAMESPACE"]

    def take(message: bytes, state: Any) -> list[bytes]:
        town, outputs = detector.take(message)
        state.set_bytes("watch", detector.fold.encode(detector.states[town]))
        odometer.passed(len(outputs))
        return [detector.encoded(output.topic, output.record) for output in outputs if output.topic == "detections"]

    with tempfile.TemporaryDirectory(prefix="quix") as folder:
        app = application(folder)
        readings = app.topic(f"{namespace}actual.readings", key_deserializer="str", value_deserializer="bytes")
        said = app.topic(f"{namespace}actual.detections", key_serializer="str", value_serializer="bytes")
        frame = app.dataframe(readings).apply(take, stateful=True).apply(lambda found: found, expand=True)
        frame.to_topic(said)
        app.run()


if __name__ == "__main__":
    main()
