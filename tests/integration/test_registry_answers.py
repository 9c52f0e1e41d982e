"""Registering at a Confluent-compatible registry: a small real server that answers as its documentation says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from schemas.codec import REGISTRY_IDS, Codec, know, schemas_of
from schemas.examples import examples_of
from schemas.records.decided import Order
from schemas.registry import CONTENT_TYPE, RegistryError, register_all
from schemas.registry_map import load_map, save_map
from schemas.topics import physical_topics

FIRST_ID = 100


class Registry(ThreadingHTTPServer):
    """One id per distinct schema, whatever the subject; what was registered is remembered per subject."""

    daemon_threads = True

    def __init__(self, refusing: tuple[int, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.refusing = refusing
        self.ids: dict[str, int] = {}
        self.subjects: dict[str, list[str]] = {}
        self.rules: dict[str, str] = {}
        self.content_types: set[str] = set()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    """POST /subjects/{subject}/versions, as documented; anything else is 404."""

    server: Registry

    def do_PUT(self) -> None:
        """PUT /config/{subject}: the rule is taken note of."""
        _, kind, subject = self.path.split("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.rules[subject if kind == "config" else ""] = body["compatibility"]
        self._answer(200, json.dumps(body))

    def do_POST(self) -> None:
        """Register and answer with the id, or refuse as told."""
        _, kind, subject, versions = self.path.split("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.content_types.add(self.headers["Content-Type"])
        if self.server.refusing:
            self._answer(*self.server.refusing)
        elif (kind, versions, body["schemaType"]) != ("subjects", "versions", "AVRO"):
            self._answer(404, "{}")
        else:
            known = self.server.ids.setdefault(body["schema"], FIRST_ID + len(self.server.ids))
            self.server.subjects.setdefault(subject, []).append(body["schema"])
            self._answer(200, json.dumps({"id": known}))

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """The registry, answering, for the length of the block."""
    thread = Thread(target=registry.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        registry.shutdown()
        registry.server_close()
        thread.join()


@pytest.fixture
def told() -> Iterator[None]:
    """What this process knows of a registry is forgotten again."""
    yield
    know({})


def test_every_topic_gets_a_subject() -> None:
    """`<physical topic>-value`, with the record's schema as it is in the file."""
    with serving(Registry()) as registry:
        ids = register_all(registry.address, "t1-")
    assert set(registry.subjects) == {f"{topic}-value" for topic in physical_topics("t1-")}
    assert json.loads(registry.subjects["t1-exercise.orders-value"][0])["name"] == "Order"
    assert registry.rules == dict.fromkeys(registry.subjects, "FULL_TRANSITIVE")
    assert registry.content_types == {CONTENT_TYPE}
    (order_id,) = schemas_of("Order")
    assert sorted(ids) == sorted(registry.ids.values())
    assert order_id in ids.values()


def test_registering_twice_changes_nothing() -> None:
    """A deploy can be repeated."""
    with serving(Registry()) as registry:
        assert register_all(registry.address, "") == register_all(registry.address, "")


def test_a_refusal_says_what_was_refused_and_why() -> None:
    """409: the registry's own compatibility check said no."""
    refusing = Registry((409, '{"error_code":409,"message":"incompatible"}'))
    why = r"raw_payload.v1.avsc under raw-value: HTTP 409 .*incompatible"
    with serving(refusing), pytest.raises(RegistryError, match=why):
        register_all(refusing.address, "")


@pytest.mark.parametrize("body", ["<html>", '{"version": 1}', "[]"])
def test_something_else_that_answers_is_not_taken_for_a_registry(body: str) -> None:
    """A proxy's page, another API."""
    with serving(Registry((200, body))) as registry, pytest.raises(RegistryError, match="does not answer as one"):
        register_all(registry.address, "")


def test_a_registry_that_is_down_is_named() -> None:
    """The address is in the sentence."""
    with serving(Registry()) as registry:
        gone = registry.address
    with pytest.raises(RegistryError, match=gone):
        register_all(gone, "")


@pytest.mark.usefixtures("told")
def test_the_map_is_read_at_start_by_every_codec(tmp_path: Path) -> None:
    """Written at deploy, told once: records go out under the registry's ids, and both kinds are read, offline."""
    order = examples_of(Order)["v1/evacuation_order_level_4"]
    codec = Codec(Order, None)
    before = codec.encode(order)
    with serving(Registry()) as registry:
        save_map(tmp_path / "ids.json", register_all(registry.address, ""))
    know(load_map(tmp_path / "ids.json"))
    after = codec.encode(order)
    assert FIRST_ID <= int.from_bytes(after[1:5], "big") < FIRST_ID + len(registry.ids)
    assert after[5:] == before[5:]
    assert codec.decode(after) == codec.decode(before) == order
    assert REGISTRY_IDS
