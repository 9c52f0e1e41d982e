"""A real registry: it takes every version that is released, and refuses what `python -m schemas check` refuses."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.ports import free_port
from schemas.codec import Codec, schemas_of
from schemas.compat import First, change
from schemas.examples import examples_of
from schemas.records.observed import Bulletin
from schemas.registry import COMPATIBILITY, CONTENT_TYPE, RegistryError, register_all
from schemas.topics import physical_topics
from tests.integration.real_registry import running_registry
from tests.unit.schemas.evolutions import BROKEN, FINE

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.deadline(400)]
OURS_ALONE = {"time in another unit", "type widened"}
"""A time in another unit has the same bytes, so Avro lets it pass. A widened type reads one way only."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def registry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """One for all tests here: each has subjects of its own."""
    async with running_registry(tmp_path_factory.mktemp("registry"), free_port) as address:
        yield address


async def test_every_version_is_taken_twice_under_one_id(registry: str) -> None:
    """A deploy can be repeated, and a record goes out under the registry's id and comes back."""
    ids = register_all(registry, "t1-")
    assert register_all(registry, "t1-") == ids
    newest = set(schemas_of("Bulletin"))
    assert newest <= set(ids.values())
    assert len(newest) > 1
    codec = Codec(Bulletin, None, ids)
    example = examples_of(Bulletin)["v2/river_section_with_forecast"]
    framed = codec.encode(example)
    assert int.from_bytes(framed[1:5], "big") in ids
    assert codec.decode(framed) == example


async def test_the_rule_is_set_for_every_subject(registry: str) -> None:
    """Others who register under our subjects are held to it."""
    register_all(registry, "t2-")
    async with httpx.AsyncClient(base_url=registry, timeout=30) as client:
        for topic in list(physical_topics("t2-"))[:5]:
            answer = await client.get(f"/config/{topic}-value")
            assert answer.json()["compatibilityLevel"] == COMPATIBILITY


@pytest.mark.parametrize("name", sorted(BROKEN))
async def test_it_refuses_each_broken_example(registry: str, name: str) -> None:
    """The registry's own check, by Avro's library, and ours say the same."""
    reader, writer, _, _ = BROKEN[name]
    taken = await _moved(registry, f"broken {name}", writer, reader)
    assert taken is (name in OURS_ALONE)
    assert change(writer, reader).first is not First.EITHER


@pytest.mark.parametrize("name", sorted(FINE))
async def test_it_takes_what_both_sides_can_read(registry: str, name: str) -> None:
    """Where ours says that either side may move first, the registry takes it; else it refuses."""
    reader, writer = FINE[name]
    taken = await _moved(registry, f"fine {name}", writer, reader)
    assert taken is (change(writer, reader).first is First.EITHER)


async def test_a_registry_that_refuses_stops_the_deploy(registry: str) -> None:
    """A subject that holds something else: the sentence names the file and the registry's reason."""
    subject = "t3-raw-value"
    other = {"type": "record", "name": "RawPayload", "namespace": "x", "fields": [{"name": "a", "type": "long"}]}
    async with httpx.AsyncClient(base_url=registry, timeout=30, headers={"Content-Type": CONTENT_TYPE}) as client:
        await _register(client, subject, other)
    with pytest.raises(RegistryError, match=r"refused raw_payload.v1.avsc under t3-raw-value: HTTP 409"):
        register_all(registry, "t3-")


async def _moved(registry: str, subject: str, older: Any, newer: Any) -> bool:
    """Whether the registry takes `newer` after `older` under FULL_TRANSITIVE."""
    name = subject.replace(" ", "-")
    async with httpx.AsyncClient(base_url=registry, timeout=30, headers={"Content-Type": CONTENT_TYPE}) as client:
        assert (await _register(client, name, older)).is_success
        rule = await client.put(f"/config/{name}", content=json.dumps({"compatibility": COMPATIBILITY}))
        assert rule.is_success
        return (await _register(client, name, newer)).is_success


async def _register(client: httpx.AsyncClient, subject: str, schema: Any) -> httpx.Response:
    body = json.dumps({"schemaType": "AVRO", "schema": json.dumps(schema)})
    return await client.post(f"/subjects/{subject}/versions", content=body)
