"""What one contestant used: processor time of its whole process between the end of the warm-up and the last message."""

import json
import sys
import time
from dataclasses import asdict, dataclass

from bench.rivers import Spec


@dataclass(frozen=True, slots=True)
class Used:
    """Messages and readings after the warm-up, and the seconds that they took."""

    messages: int
    readings: int
    cpu_s: float
    wall_s: float
    outputs: int

    @property
    def message_us(self) -> float:
        """Processor time of one message."""
        return self.cpu_s / self.messages * 1e6

    @property
    def per_core(self) -> float:
        """Readings that one core works through in a second."""
        return self.readings / self.cpu_s


class Odometer:
    """Counts messages; says on stdout what was used, once, when the last one passed."""

    def __init__(self, spec: Spec) -> None:
        self._spec, self._count, self.outputs = spec, 0, 0
        self._cpu_s = self._wall_s = 0.0

    def passed(self, outputs: int = 0) -> bool:
        """One message more; True once all did."""
        if self._spec.warm == 0:
            return False
        self._count += 1
        self.outputs += outputs
        if self._count == self._spec.warm:
            self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()
        if self._count != self._spec.messages:
            return self._count > self._spec.messages
        count = self._spec.messages - self._spec.warm
        cpu_s, wall_s = time.process_time() - self._cpu_s, time.perf_counter() - self._wall_s
        print(json.dumps(asdict(Used(count, count * self._spec.gauges, cpu_s, wall_s, self.outputs))), flush=True)
        return True


def spec_of_argv() -> Spec:
    """What the contestant was started with."""
    return Spec.of(sys.argv[1])
