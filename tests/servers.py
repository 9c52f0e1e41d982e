"""One Kafka and one Redis a session, names of one's own in them, and ports: what integration and whole systems need.

Registered by the suites that test on servers; what starts them is a second's import that units do without.
"""

import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from local import ports
from local.kafka import running_kafka
from local.redis import running_redis
from schemas.admin import admin
from schemas.kafka import Where


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Bootstrap address of a real Kafka, the same for the whole session: use `namespace` for names of your own."""
    folder = tmp_path_factory.mktemp("kafka")
    async with running_kafka(folder, external=os.environ.get("SONAE_KAFKA_BOOTSTRAP")) as bootstrap:
        yield bootstrap


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Address of a real Redis, the same for the whole session: put `namespace` before your keys."""
    folder = tmp_path_factory.mktemp("redis")
    async with running_redis(folder, external=os.environ.get("SONAE_REDIS_URL")) as url:
        yield url


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix for topics, groups and keys that no other test has; fit for SONAE_NAMESPACE.

    Its topics are deleted after the test: one small broker does not bear a session's worth of partitions.
    """
    name = f"t{uuid.uuid4().hex[:8]}-"
    bootstrap = request.getfixturevalue("kafka") if "kafka" in request.fixturenames else None
    yield name
    if bootstrap is not None:
        _delete_topics(bootstrap, name)


def _delete_topics(bootstrap: str, prefix: str) -> None:
    client = admin(Where(bootstrap, prefix))
    mine = [topic for topic in client.list_topics(timeout=30).topics if topic.startswith(prefix)]
    for deleted in client.delete_topics(mine, operation_timeout=30).values() if mine else ():
        deleted.result(30)


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Call it for a port of the loopback address that nobody listens on."""
    return ports.free_port


def register(config: pytest.Config) -> None:
    """These fixtures are there from now on, once for the whole session, whichever suite asks first."""
    if not config.pluginmanager.has_plugin(__name__):
        config.pluginmanager.register(sys.modules[__name__], __name__)
