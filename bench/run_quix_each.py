"""Contestant: Quix Streams as its documentation writes stateful programs, value by value. Environment of its own.

A batch is decoded and expanded into readings (`apply(expand=True)`); each reading gets, changes and sets the state of
its gauge (`state.get`, `state.set`), which Quix keeps as JSON, its default, in its store and changelog ("Stateful
Applications" in its documentation). The state lies under the batch's key, the municipality, by the gauge's name. The
documented way to a key for each gauge is `group_by`, which sends every reading through one more topic: that is left
out, and so is the evaluation of rules. Both favour Quix.
"""

import os
import tempfile
from typing import Any

import msgspec

from bench.detector import Detector
from bench.odometer import Odometer, spec_of_argv
from bench.run_quix import application
from schemas.codec import Codec
from schemas.records.base import World
from schemas.records.observed import Reading, ReadingBatch
from streams.detect.gauge import take as take_sample
from streams.detect.series import sample_of, seconds
from streams.detect.state import Station


def main() -> None:
    """Run until ended from outside."""
    spec = spec_of_argv()
    detector, odometer = Detector(spec), Odometer(spec)
    tracks = detector.knowledge.tracks
    codec = Codec(ReadingBatch, World.ACTUAL)
    namespace = os.environ["SONAE_NAMESPACE"]

    def readings_of(message: bytes) -> list[Reading]:
        odometer.passed()
        return list(codec.decode(message).readings)

    def take(reading: Reading, state: Any) -> bytes | None:
        track, now = tracks[reading.station], seconds(reading.observed_at)
        held = state.get(reading.station)
        before = msgspec.convert(held, Station) if held else Station(now)
        sample = sample_of(reading, now, 0, track.tuning)
        if sample is None:
            return None
        after = take_sample(before, sample, track).station
        state.set(reading.station, msgspec.to_builtins(after))
        return reading.station.encode() if after.crossings.over != before.crossings.over else None

    with tempfile.TemporaryDirectory(prefix="each") as folder:
        app = application(folder)
        readings = app.topic(f"{namespace}actual.readings", key_deserializer="str", value_deserializer="bytes")
        said = app.topic(f"{namespace}actual.detections", key_serializer="str", value_serializer="bytes")
        frame = app.dataframe(readings).apply(readings_of, expand=True).apply(take, stateful=True)
        frame.filter(lambda found: found is not None).to_topic(said)
        app.run()


if __name__ == "__main__":
    main()
