"""A desk that runs for a test: console and decide as real processes on a real Kafka."""

import asyncio
import functools
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from console.officers import hash_password
from local.child import Child
from local.ports import free_port
from local.processes import Supervisor
from schemas.admin import sync_topics
from schemas.kafka import Publisher, Where
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.judged import Called, Change, Evidence, Recommendation, RuleHit
from schemas.signing import new_key_pair
from schemas.topics import load_profiles

PASSWORD = "the night is long"
FUJISAWA, ODAWARA = "14205", "14206"
OFFICERS = {
    "sato": ("佐藤 一郎", [FUJISAWA, ODAWARA], ["author", "approver"]),
    "suzuki": ("鈴木 花子", [FUJISAWA, ODAWARA], ["author", "approver"]),
    "tanaka": ("田中 次郎", [ODAWARA], ["approver"]),
}
AT = datetime(2026, 9, 21, 6, 40, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Town:
    """A running desk: where it listens, the cluster behind it, and a publisher for the test's own records."""

    url: str
    where: Where
    publisher: Publisher
    verify_key: str


@asynccontextmanager
async def running_desk(
    bootstrap: str, namespace: str, folder: Path, decide: bool = True, api: bool = False
) -> AsyncIterator[Town]:
    """Topics made, the wanted programs ready; everything stopped at the end. `api`: the notifier's door, too."""
    where, port, api_port = Where(bootstrap, namespace), free_port(), free_port()
    await asyncio.to_thread(sync_topics, where, load_profiles()["local"])
    signing, verify = new_key_pair()
    env = {
        "SONAE_KAFKA_BOOTSTRAP": bootstrap,
        "SONAE_NAMESPACE": namespace,
        "SONAE_SIGNING_KEY": signing,
        "SONAE_VERIFY_KEY": verify,
        "SONAE_OFFICERS": str(officers_file(folder)),
        "SONAE_CONSOLE_SECRET": "a secret of thirty-two characters or more",
        "SONAE_CONSOLE_PORT": str(port),
        "SONAE_CONSOLE_URL": f"http://127.0.0.1:{port}",
        "SONAE_PUBLIC_URL": "https://public.sonae.example/",
        "SONAE_API_URL": f"http://127.0.0.1:{api_port}" if api else "",
        "SONAE_API_PORT": str(api_port),
        "SONAE_LOCAL": "1",
        "SONAE_SEALING_KEY": secrets.token_urlsafe(32),
        "SONAE_VAPID_KEY": secrets.token_urlsafe(32),
        "SONAE_VAPID_SUBJECT": "mailto:operator@sonae.example",
    }
    publisher = Publisher(where)
    async with Supervisor(folder / "logs") as supervisor:
        children = [_child("console", ("console", "serve"), port, env)]
        if decide:
            children.append(_child("decide", ("streams", "decide"), free_port(), env))
        if api:
            children.append(_child("api", ("notifier", "api"), api_port, env))
        await supervisor.start(*children)
        await publisher.start()
        try:
            yield Town(f"http://127.0.0.1:{port}", where, publisher, verify)
        finally:
            await publisher.stop()


def officers_file(folder: Path) -> Path:
    """Three officers, one password."""
    hashed = hash_password(PASSWORD)
    tables = [
        f'[[officer]]\nid = "{name}"\nname = "{words}"\nmunicipalities = {towns}\nroles = {roles}\n'
        f'password_hash = "{hashed}"\n'
        for name, (words, towns, roles) in OFFICERS.items()
    ]
    path = folder / "officers.toml"
    path.write_text("\n".join(tables), encoding="utf8")
    return path


def _child(name: str, words: tuple[str, str], port: int, env: dict[str, str]) -> Child:
    ready = functools.partial(_answers, f"http://127.0.0.1:{port}/readyz")
    return Child(
        name, (sys.executable, "-m", *words), ready, {**env, "SONAE_HEALTH_PORT": str(port)}, ready_within_s=60
    )


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False


def trace() -> Trace:
    """A trace of the test's own."""
    return Trace("test", datetime.now(UTC))


def recommendation(
    municipality: str,
    number: int,
    hazard: Hazard,
    level: int | None,
    world: World = World.ACTUAL,
    evidence: tuple[Evidence, ...] = (),
    **changes: Any,
) -> Recommendation:
    """What *watch* would say: one area, one rule."""
    area, name = {FUJISAWA: ("1420500", "藤沢市"), ODAWARA: ("1420600", "小田原市")}[municipality]
    hit = RuleHit("LS-4a", level, "避難情報に関するガイドライン", False, "土砂災害の危険度が高い", AT, evidence)
    called = Called(area, name, hazard, level, None, Change.NEW, None, (hit,))
    fields: dict[str, Any] = {
        "id": content_id("recommendation", municipality, number),
        "world": world,
        "origin": Origin.LIVE,
        "municipality": municipality,
        "number": number,
        "at": AT,
        "as_of": AT,
        "called": (called,),
        "silences": (),
        "trace": trace(),
        "made_at": datetime.now(UTC),
    }
    return Recommendation(**(fields | changes))
