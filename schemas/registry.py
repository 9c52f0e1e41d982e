"""Schemas at a Confluent-compatible registry, over plain REST: at deploy, never on the alert's path.

One call per topic and version. A registry's client would do more at the first message, which is the wrong moment.
"""

import json
from pathlib import Path

import httpx

from schemas.codec import AVRO_FOLDER, snake, version_of
from schemas.framing import derived_id
from schemas.topics import physical_topics

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
TIMEOUT_S = 10.0
COMPATIBILITY = "FULL_TRANSITIVE"
"""The same rule as `python -m schemas check`: whoever else registers under our subjects is held to it, too."""


class RegistryError(RuntimeError):
    """The registry refused, or did not answer; the sentence says which schema and why."""


def register_all(address: str, namespace: str) -> dict[int, int]:
    """Register every version of every topic's record, oldest first; returns the registry's ids to derived ids.

    Repeating it changes nothing: a registry answers with the id that a schema already has. Raises RegistryError.
    """
    ids = {}
    with httpx.Client(base_url=address, timeout=TIMEOUT_S, headers={"Content-Type": CONTENT_TYPE}) as client:
        for topic, (row, _) in physical_topics(namespace).items():
            _hold_to_rule(client, topic)
            for file in _versions(row.record):
                ids[_register(client, topic, file)] = derived_id(json.loads(file.read_text("utf8")))
    return ids


def _versions(record: str) -> list[Path]:
    return sorted(AVRO_FOLDER.glob(f"{snake(record)}.v*.avsc"), key=version_of)


def _hold_to_rule(client: httpx.Client, topic: str) -> None:
    body = json.dumps({"compatibility": COMPATIBILITY})
    _asked(client, "PUT", f"/config/{topic}-value", body, f"the rule {COMPATIBILITY} for {topic}-value")


def _register(client: httpx.Client, topic: str, file: Path) -> int:
    what = f"{file.name} under {topic}-value"
    body = json.dumps({"schemaType": "AVRO", "schema": file.read_text("utf8")})
    answer = _asked(client, "POST", f"/subjects/{topic}-value/versions", body, what)
    try:
        return int(answer.json()["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"the registry at {client.base_url} does not answer as one ({error}): {what}") from error


def _asked(client: httpx.Client, method: str, path: str, body: str, what: str) -> httpx.Response:
    try:
        answer = client.request(method, path, content=body)
    except httpx.HTTPError as error:
        raise RegistryError(f"the registry at {client.base_url} does not answer ({error}): {what}") from error
    if not answer.is_success:
        raise RegistryError(f"the registry refused {what}: HTTP {answer.status_code} {answer.text[:300]}")
    return answer
