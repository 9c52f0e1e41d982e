"""Client quotas over Kafka's own protocol (KIP-546, AlterClientQuotas version 0): no client library offers them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from aiokafka import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

from schemas.acls import Quota
from schemas.kafka import Where

_ENTITY = ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8"))))
BYTE_RATE, REQUESTS = "consumer_byte_rate", "request_percentage"


class _Altered(Response):  # type: ignore[misc]  # the client has no types
    API_KEY, API_VERSION = 49, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("error_code", Int16), ("error_message", String("utf-8")), _ENTITY)),
    )


class _Alter(RequestStruct):  # type: ignore[misc]  # the client has no types
    API_KEY, API_VERSION = 49, 0
    RESPONSE_TYPE = _Altered
    SCHEMA = Schema(
        (
            "entries",
            Array(_ENTITY, ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean)))),
        ),
        ("validate_only", Boolean),
    )


class _AlterClientQuotas(Request[_Alter]):  # type: ignore[misc]  # the client has no types
    API_KEY: ClassVar[int] = 49

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def build(self, request_struct_class: type[_Alter]) -> _Alter:
        """Version 0 is the only one here."""
        return request_struct_class(self._entries, False)


async def set_quotas(where: Where, quotas: Iterable[Quota], gone: Iterable[str]) -> None:
    """Give these, take them from who is gone. Raises aiokafka's error for the first that the broker refuses."""
    entries = [_entry(quota.user, quota.bytes_per_s, quota.request_percentage, False) for quota in quotas]
    entries += [_entry(user, 0, 0, True) for user in gone]
    if not entries:
        return
    client = AIOKafkaClient(bootstrap_servers=where.bootstrap, **where.access.aiokafka())
    await client.bootstrap()
    try:
        answer = await client.send(client.get_random_node(), _AlterClientQuotas(entries))
    finally:
        await client.close()
    for code, text, _ in answer.entries:
        if code:
            raise for_code(code)(text)


def _entry(user: str, bytes_per_s: int, percentage: int, remove: bool) -> Any:
    changes = [(BYTE_RATE, float(bytes_per_s), remove), (REQUESTS, float(percentage), remove)]
    return ([("user", user)], changes)
