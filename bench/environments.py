"""Environments of the programs that we measure ourselves against: not dependencies of Sonae, made when asked for."""

import asyncio
import shutil
import sys
from pathlib import Path

from local.child import ROOT

CACHE = ROOT / ".cache"


class Unavailable(RuntimeError):
    """It could not be installed here; the message says why."""


async def python_of(name: str) -> str:
    """The interpreter of `.cache/bench-NAME` with exactly what bench/NAME.txt pins; raises Unavailable."""
    wanted, folder = Path(__file__).with_name(f"{name}.txt"), CACHE / f"bench-{name}"
    done, python = folder / "installed.txt", folder / "bin" / "python"
    if not (done.exists() and done.read_bytes() == wanted.read_bytes()):
        print(f"installing {name} into {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        await _run(sys.executable, "-m", "venv", "--clear", str(folder))
        await _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted))
        shutil.copyfile(wanted, done)
    return str(python)


async def _run(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Unavailable(said.decode(errors="replace").strip().splitlines()[-1])
