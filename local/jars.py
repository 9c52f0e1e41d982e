"""Kafka's jars: which ones (jars.lock), fetched once from the package registry, each checked against its sha256.

`python -m local.jars 4.1.2 > local/jars.lock` writes the lock of another version.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jgo
import requests
import stamina
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

LOCK = Path(__file__).with_name("jars.lock")
# Kafka logs through slf4j and brings no backend: this one writes to stderr, that is, to the child's log.
_LOGGING = "org.slf4j:slf4j-simple:1.7.36"
_FETCHES_AT_ONCE = 8
_TIMEOUT_S = 30
_HEADER = """\
# What a local Kafka runs from, in the order of its class path: group:artifact:version, and the sha256 of its jar.
# Written by `python -m local.jars VERSION > local/jars.lock`; fetched and checked by jars.py.
"""


class JarsUnavailable(RuntimeError):
    """The jars cannot be had, or are not the ones that were pinned; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned jar."""

    coordinates: str
    sha256: str

    @property
    def filename(self) -> str:
        """Its name in the registry and in our cache."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"


def locked(lock: Path = LOCK) -> tuple[Jar, ...]:
    """The pinned jars, in the order of the class path."""
    rows = (line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(Jar(coordinates, sha256) for coordinates, sha256 in rows)


def missing(jars: Sequence[Jar], folder: Path) -> list[Jar]:
    """Those that were never fetched into this folder; a jar is put there only after its check."""
    return [jar for jar in jars if not (folder / jar.filename).exists()]


def fetch(jars: Sequence[Jar], folder: Path, say: Callable[[str], None]) -> None:
    """Fetches what is missing, several at once. Raises JarsUnavailable; never leaves an unchecked jar behind."""
    wanted = missing(jars, folder)
    if not wanted:
        return
    say(f"fetching {len(wanted)} jars of Kafka into {folder} (once)")
    folder.mkdir(parents=True, exist_ok=True)
    registry = _registry(folder / "unchecked")
    with ThreadPoolExecutor(_FETCHES_AT_ONCE) as several:
        list(several.map(lambda jar: _fetch(jar, folder, registry), wanted))


def _fetch(jar: Jar, folder: Path, registry: MavenContext) -> None:
    try:
        path = _download(jar.coordinates, registry)
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise JarsUnavailable(
            f"{jar.filename} cannot be fetched ({_first_line(error)}): "
            "connect to the package registry, or set SONAE_KAFKA_BOOTSTRAP to a Kafka 4 that runs"
        ) from error
    found = _sha256(path)
    if found != jar.sha256:
        path.unlink()
        raise JarsUnavailable(
            f"{jar.filename} has sha256 {found}, not the pinned {jar.sha256}: do not run it; "
            "ask who serves your registry, or set SONAE_KAFKA_BOOTSTRAP to a Kafka 4 that runs"
        )
    path.rename(folder / jar.filename)


@stamina.retry(on=requests.RequestException, attempts=4, timeout=60)
def _download(coordinates: str, registry: MavenContext) -> Path:
    group, artifact, version = coordinates.split(":")
    wanted = registry.project(group, artifact).at_version(version).artifact()
    partial = wanted.cached_path
    if partial:  # a try that broke off; the library takes any file there for a whole one
        partial.unlink(missing_ok=True)
    return wanted.resolve()


def _registry(cache: Path) -> MavenContext:
    settings = GlobalSettings.load()  # a mirror that the user configured for jgo is used
    remotes = {"central": MAVEN_CENTRAL_URL, **(settings.repositories or {})}
    return MavenContext(repo_cache=cache, remote_repos=remotes, timeout=_TIMEOUT_S)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _lock_of(version: str, cache: Path) -> str:
    """The lock file's text for a version of Kafka, from what the registry resolves today."""
    resolved = [
        f"{a.groupId}:{a.artifactId}:{a.version}" for a in jgo.resolve(f"org.apache.kafka:kafka_2.13:{version}")
    ]
    registry = _registry(cache)
    rows = (f"{coordinates} {_sha256(_download(coordinates, registry))}\n" for coordinates in [*resolved, _LOGGING])
    return _HEADER + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(_lock_of(sys.argv[1], LOCK.parent.parent / ".cache" / "unlocked"))
