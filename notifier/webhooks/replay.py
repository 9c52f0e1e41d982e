"""`python -m notifier webhook --replay PARTNER --from …`: tells the role, over Kafka, where a partner goes on."""

import secrets
import sys
from datetime import datetime

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from notifier.broadcast.app import partners_of
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import BadPosition, decode_position, encode_position
from notifier.broadcast.read import Decoder
from notifier.settings import NotifierSettings
from notifier.webhooks.standing import Replay, ask
from schemas.kafka import Publisher, Where, tail_consumer
from schemas.partners import Partner
from schemas.process.clock import now_utc

STOPPED, OLDEST = "stopped", "0"


class BadRequest(ValueError):
    """No such partner, or no such place; the sentence says what there is."""


async def replay(settings: NotifierSettings, partner_id: str, since: str) -> int:
    """The exit code: 0 asked, 1 Kafka did not take it, 2 asked wrongly."""
    where = Where.of(settings)
    publisher = Publisher(where)
    try:
        partner = _partner(settings, partner_id)
        position = await _position(where, partner, since)
        await publisher.start()
        await ask(publisher, partner_id, Replay(secrets.token_hex(8), position, now_utc()))
    except (BadRequest, BadPosition) as error:
        print(error, file=sys.stderr)
        return 2
    except (KafkaError, LookupError) as error:
        print(f"Kafka at {settings.kafka_bootstrap} (SONAE_KAFKA_BOOTSTRAP) did not do it: {error}", file=sys.stderr)
        return 1
    finally:
        await publisher.stop()
    print(f"{partner_id} goes on from {position or 'where it stopped'}; everything there counts as new from now")
    return 0


def _partner(settings: NotifierSettings, partner_id: str) -> Partner:
    assert settings.partners is not None
    hooked = {partner.id: partner for partner in partners_of(settings.partners) if partner.webhook is not None}
    if partner_id not in hooked:
        raise BadRequest(f"{partner_id} has no webhook in {settings.partners}; there are: {', '.join(sorted(hooked))}")
    return hooked[partner_id]


async def _position(where: Where, partner: Partner, since: str) -> str:
    """An id as it is; a time as the id of what came from then on; `stopped` as nothing."""
    if since == STOPPED:
        return ""
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        decode_position(since)
        return since
    if moment.tzinfo is None:
        raise BadRequest(f"{since} names no zone: add Z or an offset")
    return await _id_at(where, partner, moment)


async def _id_at(where: Where, partner: Partner, moment: datetime) -> str:
    assert partner.webhook is not None
    decoder, wanted = Decoder(where), Wanted(partner.municipalities, partner.worlds, partner.webhook.kinds)
    names = {decoder.topic_of(world, kind) for world in wanted.worlds for kind in wanted.kinds}
    consumer: AIOKafkaConsumer = await tail_consumer(where, *sorted(names))
    try:
        parts = {decoder.stream_at(part): part for part in consumer.assignment()}
        mine = {stream: parts[stream] for stream in decoder.streams_of(wanted, parts)}
        found = await consumer.offsets_for_times(dict.fromkeys(mine.values(), int(moment.timestamp() * 1000)))
        ends = await consumer.end_offsets(list(mine.values()))
    finally:
        await consumer.stop()
    return encode_position({s: at.offset if (at := found[part]) else ends[part] for s, part in mine.items()})
