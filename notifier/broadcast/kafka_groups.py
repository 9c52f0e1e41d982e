"""How partners on Kafka do: what their consumer groups have committed, by confluent-kafka's admin client."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # exported, but not in __all__

from notifier.partner_pulse import PartnerState, send_beats
from schemas.acls import group_prefix
from schemas.admin import TIMEOUT_S, admin
from schemas.kafka import Publisher, Where
from schemas.partners import Partner
from schemas.process.clock import now_utc
from schemas.process.log import get_logger


async def beat_groups(partners: Iterable[Partner], publisher: Publisher, every_s: float) -> None:
    """Beat until cancelled for every partner that has committed anything. Nothing is asked if none is on Kafka."""
    on_kafka = [partner.id for partner in partners if partner.kafka]
    if not on_kafka:
        return
    client, whole = admin(publisher.where), dict[str, datetime]()
    while True:
        try:
            states = await asyncio.to_thread(group_states, client, publisher.where, on_kafka, now_utc())
            whole |= {state.partner: state.succeeded_at for state in states if state.succeeded_at is not None}
            await send_beats(
                publisher, [replace(s, succeeded_at=(at := whole.get(s.partner)), content_at=at) for s in states]
            )
        except KafkaException as error:
            get_logger().warning("partners' groups not read", error=str(error.args[0].code()))
        await asyncio.sleep(every_s)


def group_states(client: AdminClient, where: Where, partners: Iterable[str], now: datetime) -> list[PartnerState]:
    """One state for each partner that has a group with committed offsets."""
    listed = client.list_consumer_groups(request_timeout=TIMEOUT_S).result(TIMEOUT_S).valid
    groups = {group.group_id: group.state.name for group in listed}
    states = []
    for partner in partners:
        mine = [name for name in groups if name.startswith(group_prefix(where.namespace, partner))]
        behind, committed = _behind(client, mine)
        if committed:
            states.append(_state(partner, behind, any(groups[name] == "STABLE" for name in mine), now))
    return states


def _state(partner: str, behind: int, reading: bool, now: datetime) -> PartnerState:
    text = f"{behind} messages behind" if reading else f"nobody reads, {behind} messages behind"
    whole = now if reading and not behind else None
    return PartnerState(partner, "kafka", "ok" if reading else "failing", text, now, whole, whole)


def _behind(client: AdminClient, groups: Iterable[str]) -> tuple[int, int]:
    """How many messages the groups have not committed, and in how many partitions they have committed any."""
    behind = committed = 0
    for group in groups:
        asked = [ConsumerGroupTopicPartitions(group)]
        (future,) = client.list_consumer_group_offsets(asked, request_timeout=TIMEOUT_S).values()
        places = [place for place in future.result(TIMEOUT_S).topic_partitions if place.offset >= 0]
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client is only partly annotated
        ends = client.list_offsets({TopicPartition(p.topic, p.partition): latest for p in places}) if places else {}
        at = {(end.topic, end.partition): future.result(TIMEOUT_S).offset for end, future in ends.items()}
        behind += sum(max(0, at[place.topic, place.partition] - place.offset) for place in places)
        committed += len(places)
    return behind, committed
