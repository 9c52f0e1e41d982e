"""Contestant: Quix Streams as its documentation writes stateful programs, value by value. Environment of its own.

A batch is read by its schema and expanded into readings; each reading reads, changes and writes the state of its gauge.
No rule is evaluated, which favours it.
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
    tracks, decoder = detector.knowledge.tracks, msgspec.msgpack.Decoder(Station)
    codec = Codec(ReadingBatch, World.ACTUAL)
    namespace = os.environ["SONAE_NAMESPACE"]

    def readings_of(message: bytes) -> list[Reading]:
        odometer.passed()
        return list(codec.decode(message).readings)

    def take(reading: Reading, state: Any) -> bytes | None:
        track, now = tracks[reading.station], seconds(reading.observed_at)
        held = state.get_bytes(reading.station)
        before = decoder.decode(held) if held else Station(now)
        sample = sample_of(reading, now, 0, track.tuning)
        if sample is None:
            return None
        after = take_sample(before, sample, track).station
        state.set_bytes(reading.station, msgspec.msgpack.encode(after))
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
