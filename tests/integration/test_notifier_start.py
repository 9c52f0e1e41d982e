"""How a role says what it misses: one sentence, exit code 2, and no process that restarts for ever."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.integration.notifier_rig import KEY


async def _start(role: str, **settings: str) -> tuple[int | None, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SONAE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier", role, env=env | settings, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, told = await process.communicate()
    return process.returncode, told.decode()


@pytest.mark.parametrize(
    ("role", "settings", "sentence"),
    [
        ("api", {}, "SONAE_SEALING_KEY is not set"),
        ("index", {}, "SONAE_SEALING_KEY is not set"),
        ("refill", {}, "SONAE_SEALING_KEY is not set"),
        ("deliver", {"SONAE_SEALING_KEY": KEY}, "SONAE_VAPID_KEY is not set"),
        ("plan", {}, "SONAE_VERIFY_KEY is not set"),
        ("broadcast", {}, "SONAE_PARTNERS is not set"),
        ("webhook", {}, "SONAE_PARTNERS is not set"),
        ("api", {"SONAE_SEALING_KEY": "AAAA"}, "a key is 32 bytes"),
        ("plan", {"SONAE_VERIFY_KEY": "no!"}, "not base64url"),
        ("deliver", {"SONAE_SEALING_KEYS_OLD": f"{KEY},AAAA"}, "SONAE_SEALING_KEYS_OLD: a key is 32 bytes"),
        ("deliver", {"SONAE_VAPID_SUBJECT": "desk"}, "SONAE_VAPID_SUBJECT: 'desk' is no contact"),
        ("plan", {"SONAE_WORLD": "mars"}, "SONAE_WORLD"),
    ],
)
async def test_what_is_missing_is_said(role: str, settings: dict[str, str], sentence: str) -> None:
    """Which setting, and what it is."""
    code, told = await _start(role, **settings)
    assert code == 2
    assert sentence in told


async def test_a_wrong_partners_file_is_said(tmp_path: Path) -> None:
    """Its name and what is wrong in it."""
    file = tmp_path / "partners.toml"
    file.write_text("[[partner]]\nid = 'a'", encoding="utf8")
    code, told = await _start("broadcast", SONAE_PARTNERS=str(file))
    assert code == 2
    assert f"SONAE_PARTNERS: {file}" in told
