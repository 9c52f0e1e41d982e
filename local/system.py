"""One machine's Sonae: which children run, with which settings, and in which order they start."""

import asyncio
import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from local.certificate import make_signer
from local.child import Child
from local.feeds import with_beat, write_feeds
from local.kafka import kafka_node
from local.people import STAFFED, People, make_people
from local.ports import LOOPBACK, answers, free_port
from local.processes import Supervisor
from local.redis import redis_node
from schemas.admin import sync_topics
from schemas.kafka import Where
from schemas.keys import fresh
from schemas.records.base import World
from schemas.topics import load_profiles

ONCE = {
    "connectors": ("connectors", "run"),
    "index": ("notifier", "index"),
    "refill": ("notifier", "refill"),
    "api": ("notifier", "api"),
    "broadcast": ("notifier", "broadcast"),
    "webhook": ("notifier", "webhook"),
    "console": ("console", "serve"),
    "publish": ("console", "publish"),
    "pages": ("console", "pages"),
    "cap": ("notifier", "cap"),
    "beat": ("console", "beat"),
}
PER_WORLD = {"watch": "streams", "decide": "streams", "plan": "notifier", "deliver": "notifier"}

BACK, HALF_BACK = 10, 5
BESIDE = dict.fromkeys(("index", "refill", "publish", "cap"), BACK)
BESIDE |= dict.fromkeys(("console", "broadcast", "webhook", "api", "pages", "beat"), HALF_BACK)
"""Who is on nobody's way from a feed to a phone, and how far they let those who are go first where cores are short:
screens and streams, at which somebody looks, half as far as what nobody waits for."""

ALL_PARTS = frozenset({*ONCE, *PER_WORLD}) - {"beat", "webhook"}
"""The link test is asked for: it needs the test world's programs, too, and real time; webhooks, an address."""
QUIET_TOWN = "14201"
"""横須賀市 has no officers here: whom the link test may call."""


class NotLocal(RuntimeError):
    """A scenario was asked for on a cluster that somebody else runs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to run. `scenario` None follows the feeds of `feeds` (the live ones if that is None, too).

    `parts` are the programs and roles wanted: all but the link test, unless a test needs only some. `towns`
    (code → short name) have officers. `webhook`: the partner's own address, for the part `webhook`. `urgent_apart`: a
    worker of its own for urgent deliveries, before which the others step back.
    """

    scenario: Path | None
    feeds: Path | None
    worlds: tuple[World, ...] = (World.ACTUAL,)
    speed: float | None = None
    data: Path | None = None
    workers: int = 1
    parts: frozenset[str] = ALL_PARTS
    namespace: str = ""
    towns: Mapping[str, str] = field(default_factory=STAFFED.copy)
    webhook: str = ""
    urgent_apart: bool = False


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts with a door listen."""

    replay: int
    push: int
    api: int
    broadcast: int
    console: int
    pages: int
    beat: int


@dataclass(frozen=True, slots=True)
class System:
    """A running Sonae: addresses, people, and the settings that its children got."""

    bootstrap: str
    redis_url: str
    ports: Ports
    people: People
    env: dict[str, str]
    supervisor: Supervisor
    wanted: Wanted

    @property
    def where(self) -> Where:
        """Its cluster and prefix."""
        return Where(self.bootstrap, self.wanted.namespace)

    @property
    def has_stand_ins(self) -> bool:
        """Whether the push service is ours: only ever beside a Kafka of our own."""
        return self.env.get("SONAE_LOCAL") == "1"

    def url(self, part: str) -> str:
        """The address of a part: replay, push, api, broadcast, console or pages."""
        return f"http://{LOOPBACK}:{getattr(self.ports, part)}"


def choose_ports(console: int = 0) -> Ports:
    """Free ports; `console` is taken as it is unless 0."""
    return Ports(free_port(), free_port(), free_port(), free_port(), console or free_port(), free_port(), free_port())


async def start(
    wanted: Wanted, folder: Path, supervisor: Supervisor, ports: Ports, say: Callable[[str], None]
) -> System:
    """Start everything under `supervisor`; returns when every part says that it is ready."""
    external = os.environ.get("SONAE_KAFKA_BOOTSTRAP")
    if external and wanted.scenario:
        raise NotLocal(
            "a scenario never runs on an existing cluster: unset SONAE_KAFKA_BOOTSTRAP, or follow live feeds"
        )
    kafka = await kafka_node(folder, external, say)
    redis = redis_node(folder / "redis", os.environ.get("SONAE_REDIS_URL"))
    people = make_people(folder, wanted.towns, wanted.webhook)
    env = _environment(wanted, folder, ports, people, kafka.bootstrap, redis.url, external is None)
    system = System(kafka.bootstrap, redis.url, ports, people, env, supervisor, wanted)
    say("starting Kafka and Redis" if not external else f"using Kafka at {external}")
    stand_ins = _stand_ins(system)
    await supervisor.start(*(child for child in (kafka.child, redis.child) if child), *stand_ins)
    profile = load_profiles()["local" if external is None else "cluster"]
    report = await asyncio.to_thread(sync_topics, system.where, profile)
    say(f"{len(report.created)} topics made, {len(report.present)} were there; starting the programs")
    await supervisor.start(*programs(system))
    return system


def programs(system: System) -> tuple[Child, ...]:
    """Connectors, streams, notifier and console, each with a health page that says when it is ready."""
    children = [
        _program(system, name, words, getattr(system.ports, name, 0))
        for name, words in ONCE.items()
        if name in system.wanted.parts
    ]
    for world in system.wanted.worlds:
        for role, program in PER_WORLD.items():
            count = system.wanted.workers if role == "deliver" else 1
            wanted = count if role in system.wanted.parts else 0
            children += [_worker(system, world, program, role, number) for number in range(wanted)]
    return _set_apart(children) if system.wanted.urgent_apart else tuple(children)


def _set_apart(children: list[Child]) -> tuple[Child, ...]:
    """Urgent deliveries by a worker of their own, before which the others step back."""
    found = list(children)
    for place, child in enumerate(found):
        if child.name.startswith("deliver"):
            others = {**child.env, "SONAE_DELIVER_TOPICS": "jobs,jobs-retry"}
            found[place] = replace(child, env=others, nice=BACK)
    first = next(child for child in children if child.name == "deliver")
    health = free_port()
    ready = functools.partial(answers, f"http://{LOOPBACK}:{health}/readyz")
    own = {**first.env, "SONAE_DELIVER_TOPICS": "jobs-urgent", "SONAE_INSTANCE": "urgent"}
    own |= {"SONAE_HEALTH_PORT": str(health)}
    return (*found, replace(first, name="deliver-urgent", env=own, ready=ready))


def _worker(system: System, world: World, program: str, role: str, number: int) -> Child:
    suffix = "" if world is World.ACTUAL else f"-{world}"
    name = f"{role}{suffix}" if number == 0 else f"{role}{suffix}-{number}"
    child = _program(system, name, (program, role))
    env = {**child.env, "SONAE_WORLD": str(world), "SONAE_INSTANCE": str(number)}
    return Child(name, child.argv, child.ready, env, ready_within_s=child.ready_within_s)


def _program(system: System, name: str, words: tuple[str, str], port: int = 0) -> Child:
    """`python -m <program> <verb>`; `port` is that of a program with a web application of its own."""
    health = port or free_port()
    ready = functools.partial(answers, f"http://{LOOPBACK}:{health}/readyz")
    argv = (sys.executable, "-m", *words)
    env = {**system.env, "SONAE_HEALTH_PORT": str(health)}
    return Child(name, argv, ready, env, ready_within_s=60, nice=BESIDE.get(name, 0))


def _stand_ins(system: System) -> list[Child]:
    """The replay server and the virtual push service."""
    if not system.has_stand_ins:
        return []
    push = ("pushservice", "--port", str(system.ports.push))
    children = [_stand_in("push", push, system.ports.push, system.env)]
    if system.wanted.scenario:
        replay = ["replay", "--port", str(system.ports.replay), "--scenario", str(system.wanted.scenario)]
        replay += ["--speed", str(system.wanted.speed)] if system.wanted.speed else []
        replay += ["--data", str(system.wanted.data)] if system.wanted.data else []
        # Never restarted: a new one would begin the story again in front of programs that know its end.
        children.append(_stand_in("replay", tuple(replay), system.ports.replay, system.env, restart=False))
    return children


def _stand_in(name: str, words: tuple[str, ...], port: int, env: dict[str, str], restart: bool = True) -> Child:
    ready = functools.partial(answers, f"http://{LOOPBACK}:{port}/healthz")
    return Child(name, (sys.executable, "-m", "local", *words), ready, env, restart=restart)


def _environment(
    wanted: Wanted, folder: Path, ports: Ports, people: People, bootstrap: str, redis_url: str, local: bool
) -> dict[str, str]:
    """What every child is told. Keys are made afresh unless the environment brings them."""
    here = {
        name: f"http://{LOOPBACK}:{getattr(ports, name)}"
        for name in ("replay", "push", "api", "broadcast", "console", "pages", "beat")
    }
    env = _keys() | {
        "SONAE_KAFKA_BOOTSTRAP": bootstrap,
        "SONAE_REDIS_URL": redis_url,
        "SONAE_NAMESPACE": wanted.namespace,
        "SONAE_OFFICERS": str(people.officers_file),
        "SONAE_PARTNERS": str(people.partners_file),
        "SONAE_API_PORT": str(ports.api),
        "SONAE_API_URL": here["api"],
        "SONAE_BROADCAST_PORT": str(ports.broadcast),
        "SONAE_CONSOLE_PORT": str(ports.console),
        "SONAE_CONSOLE_URL": here["console"],
        "SONAE_PUBLIC_DIR": str(folder / "public"),
        "SONAE_PUBLIC_PORT": str(ports.pages),
        "SONAE_API_PUBLIC_URL": os.environ.get("SONAE_API_PUBLIC_URL", here["api"]),
        "SONAE_PUBLIC_TOWNS": ",".join(wanted.towns),
        "SONAE_PUBLIC_URL": here["pages"],
        "SONAE_BEAT_PORT": str(ports.beat),
        "SONAE_BEAT_URL": here["beat"],
        "SONAE_CORS_ORIGINS": f"{here['console']},{here['pages']}",
        "PYTHONUNBUFFERED": "1",
    }
    if local:
        env |= {"SONAE_LOCAL": "1"}
    if "cap" in wanted.parts:
        env |= make_signer(folder)
    if wanted.scenario:
        env |= write_feeds(wanted.scenario, wanted.data, here["replay"], folder)
    elif wanted.feeds:
        env |= {"SONAE_FEEDS": str(wanted.feeds)}
    if "beat" in wanted.parts:
        env |= {"SONAE_BEAT_MUNICIPALITY": QUIET_TOWN} | with_beat(env.get("SONAE_FEEDS"), here["beat"], folder)
    return env


def _keys() -> dict[str, str]:
    made = fresh() | {"SONAE_VAPID_SUBJECT": "mailto:operator@sonae.example"}
    return {name: os.environ.get(name, value) for name, value in made.items()}
