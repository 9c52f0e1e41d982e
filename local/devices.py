"""The virtual devices of the push service: how each behaves, what waits for it while it is offline, what it showed."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from local.browser import Browser, Shown

KINDS = {
    "ok": 201,
    "not_found": 404,
    "gone": 410,
    "too_large": 413,
    "throttle": 429,
    "unavailable": 503,
    "broken": 500,
    "bad_request": 400,
    "forbidden": 403,
    "redirect": 307,
    "hang": None,
    "slow": 201,
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the push service answers for one device. After `times` answers (None: for ever) it is ok again."""

    kind: str = "ok"
    times: int | None = None
    retry_after: str | None = None
    delay_s: float = 0.0
    location: str = "/elsewhere"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no behaviour is called {self.kind!r}: use one of {', '.join(KINDS)}")

    def used(self) -> "Behaviour":
        """After one more answer."""
        if self.times is None:
            return self
        return replace(self, times=self.times - 1) if self.times > 1 else Behaviour()


@dataclass(frozen=True, slots=True)
class Stored:
    """A message that waits for an offline device, until `until` (steady clock)."""

    body: bytes
    until: float


@dataclass(slots=True)
class Device:
    """One virtual device. `label` is whatever its maker wants to find it by."""

    id: str
    application_key: str | None
    label: str
    behaviour: Behaviour
    online: bool = True
    browser: Browser = field(default_factory=Browser)
    waiting: dict[str, Stored] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)

    def accept(self, body: bytes, ttl_s: int, topic: str | None) -> Shown | None:
        """A message came in: shown at once, or kept for TTL seconds, in the place of one with the same topic."""
        if self.online:
            return self.browser.receive(body)
        if ttl_s > 0:
            name = topic or uuid.uuid4().hex
            self.waiting.pop(name, None)
            self.waiting[name] = Stored(body, time.monotonic() + ttl_s)
        return None

    def connect(self) -> list[Shown]:
        """The device comes online: what waited and has not expired is shown."""
        self.online = True
        waiting, self.waiting = self.waiting, {}
        alive = [stored for stored in waiting.values() if stored.until > time.monotonic()]
        return [shown for stored in alive if (shown := self.browser.receive(stored.body)) is not None]

    def view(self) -> dict[str, Any]:
        """What `GET /devices` says of it."""
        return {
            "id": self.id,
            "label": self.label,
            "behaviour": asdict(self.behaviour),
            "online": self.online,
            "waiting": len(self.waiting),
            "answers": dict(self.answers),
            "shown": [asdict(shown) for shown in self.browser.screen.values()],
            "rang": self.browser.rang,
            "repeats": self.browser.repeats,
            "stale": self.browser.stale,
            "unreadable": self.browser.unreadable,
        }


class Devices:
    """All of them, by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Device] = {}

    def make(
        self, count: int, application_key: str | None, label: str, behaviour: Behaviour, endpoint: Callable[[str], str]
    ) -> list[dict[str, Any]]:
        """New devices; what their browsers' `subscribe()` would give."""
        made = [Device(uuid.uuid4().hex, application_key, label, behaviour) for _ in range(count)]
        self.by_id |= {device.id: device for device in made}
        return [
            {
                "id": device.id,
                "subscription": {
                    "endpoint": endpoint(device.id),
                    "expirationTime": None,
                    "keys": device.browser.keys(),
                },
            }
            for device in made
        ]

    def counts(self) -> dict[str, Any]:
        """Answers by status, and what is on the screens, over all devices."""
        devices = list(self.by_id.values())
        answers = sum((device.answers for device in devices), Counter[str]())
        screens = [shown for device in devices for shown in device.browser.screen.values()]
        return {
            "devices": len(devices),
            "answers": dict(answers),
            "showing": len(screens),
            "by_lang": dict(Counter(shown.lang for shown in screens)),
            "by_world": dict(Counter(shown.world for shown in screens)),
            "rang": sum(device.browser.rang for device in devices),
            "repeats": sum(device.browser.repeats for device in devices),
            "stale": sum(device.browser.stale for device in devices),
            "unreadable": sum(len(device.browser.unreadable) for device in devices),
        }
