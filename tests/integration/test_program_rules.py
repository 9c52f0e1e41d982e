"""Our own programs on a broker with rules: each starts, is ready and beats with what topics.toml gives it."""

import asyncio
import contextlib
import functools
import sys
from pathlib import Path

import pytest

from local.child import Child, running
from local.kafka import secured_kafka
from local.people import make_people
from local.ports import LOOPBACK, answers, free_port
from schemas.acls_admin import new_password
from schemas.acls_commands import acls
from schemas.admin import sync_topics
from schemas.kafka import Where
from schemas.settings import SchemasSettings
from schemas.signing import new_key_pair
from schemas.topics import load_profiles
from tests.integration.notifier_rig import KEY, records, until

pytestmark = pytest.mark.kafka

ROLES = {
    "watch": ("watch", "streams", "watch"),
    "decide": ("decide", "streams", "decide"),
    "index": ("notifier", "notifier", "index"),
    "plan": ("notifier", "notifier", "plan"),
    "deliver": ("notifier", "notifier", "deliver"),
    "broadcast": ("notifier", "notifier", "broadcast"),
    "webhook": ("notifier", "notifier", "webhook"),
    "console": ("console", "console", "serve"),
}
BEATS = {"watch-actual-0", "decide-actual-0", "notifier-plan-0", "notifier-deliver-0", "notifier-webhook-0", "console"}


def _settings(folder: Path, redis_url: str) -> dict[str, str]:
    """What all of them are told."""
    people = make_people(folder, webhook=f"http://{LOOPBACK}:{free_port()}/hook")
    signing, verify = new_key_pair()
    return {
        "SONAE_REDIS_URL": redis_url,
        "SONAE_OFFICERS": str(people.officers_file),
        "SONAE_PARTNERS": str(people.partners_file),
        "SONAE_SIGNING_KEY": signing,
        "SONAE_VERIFY_KEY": verify,
        "SONAE_CONSOLE_SECRET": KEY,
        "SONAE_SEALING_KEY": KEY,
        "SONAE_VAPID_KEY": KEY,
        "SONAE_VAPID_SUBJECT": "mailto:desk@example.jp",
        "SONAE_LOCAL": "1",
        "SONAE_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    }


def _child(name: str, env: dict[str, str]) -> Child:
    port = free_port()
    doors = {"SONAE_HEALTH_PORT": port, "SONAE_BROADCAST_PORT": port, "SONAE_CONSOLE_PORT": port}
    ready = functools.partial(answers, f"http://{LOOPBACK}:{port}/readyz")
    _, program, role = ROLES[name]
    told = env | {door: str(number) for door, number in doors.items()}
    return Child(name, (sys.executable, "-m", program, role), ready, told, ready_within_s=90)


@pytest.mark.deadline(180)
async def test_every_program_works_with_its_own_rules(tmp_path: Path, redis_url: str) -> None:
    """No super user is needed but for making topics and rules."""
    async with secured_kafka(tmp_path) as (bootstrap, sasl), contextlib.AsyncExitStack() as stack:
        where = Where(bootstrap, "")
        await asyncio.to_thread(sync_topics, where, load_profiles()["local"])
        assert await acls(SchemasSettings(kafka_bootstrap=bootstrap), None, True, None) == 0
        passwords = {user: new_password(where, user) for user in {role[0] for role in ROLES.values()}}
        env = _settings(tmp_path, redis_url) | {"SONAE_KAFKA_BOOTSTRAP": sasl}
        users = [{"SONAE_KAFKA_USER": user, "SONAE_KAFKA_PASSWORD": passwords[user]} for user, _, _ in ROLES.values()]
        children = [_child(name, env | user) for name, user in zip(ROLES, users, strict=True)]
        await asyncio.gather(*[stack.enter_async_context(running(child, tmp_path)) for child in children])
        await until(functools.partial(_all_beat, where), f"heartbeats of {sorted(BEATS)}")
        told = "".join(log.read_text(errors="replace") for log in tmp_path.glob("*.log") if log.stem != "kafka")
    assert "uthorization" not in told
    assert not [password for password in passwords.values() if password in told]


async def _all_beat(where: Where) -> bool:
    beats = {beat.source for beat in await records(where, "heartbeats", None)}
    return beats >= BEATS
