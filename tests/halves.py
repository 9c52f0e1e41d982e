"""`make unit`: the fast tests in two processes, each with the half that it alone has to load.

pytest-xdist would load everything twice and report every test to a third process: that costs as much as the tests.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
FIRST = ("tests/test_architecture.py", *(f"tests/unit/{name}" for name in ("bench", "console", "local", "notifier")))
NO_TESTS = 5
"""pytest's exit code where the options (`-k`, `--last-failed`) left nothing of a half."""


def rest() -> tuple[str, ...]:
    """Whatever else there is below unit/: a new folder is never forgotten."""
    there = sorted({path.relative_to(ROOT).parts[2] for path in (ROOT / "tests/unit").rglob("test_*.py")})
    return tuple(path for path in (f"tests/unit/{name}" for name in there) if path not in FIRST)


def main(options: list[str]) -> int:
    """Both halves at once: one reports as it goes, the other afterwards. Ends as the worse of both."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf8") as later:
        second = _started("second", rest(), options, later)
        first = _started("first", FIRST, options, None)
        ends = {first.wait(), second.wait()}
        later.seek(0)
        print(later.read(), end="")
    print(f"both halves in {time.monotonic() - began:.1f} s")
    return max(ends - {NO_TESTS}, default=NO_TESTS)


def _started(name: str, half: tuple[str, ...], options: list[str], out: IO[str] | None) -> subprocess.Popen[bytes]:
    """What failed last is remembered for each half, so that `--last-failed` finds it in both."""
    argv = [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir=.pytest_cache/{name}", *half, *options]
    return subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT if out else None)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
