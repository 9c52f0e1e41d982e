"""Sending dead letters through again, once what made them unreadable is fixed. Reads and writes Kafka."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas import raw
from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Publisher, Where, read_one, read_to_end
from schemas.process.log import get_logger
from schemas.records.plumbing import DeadLetter
from schemas.topics import physical_topics

LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; None or empty excludes nothing. `topic` is a row's name or a physical one, `since` real time."""

    ids: tuple[str, ...] = ()
    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None

    def wants(self, letter: DeadLetter) -> bool:
        """Whether this letter is meant."""
        names = {letter.topic, letter.topic.rpartition(".")[2]}
        return (
            (not self.ids or letter.id in self.ids)
            and (self.reason is None or letter.reason == self.reason)
            and (self.topic is None or self.topic in names)
            and (self.since is None or letter.made_at >= self.since)
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with one letter, and where its bytes were saved if they were."""

    letter: DeadLetter
    sent: bool
    text: str


class Left(Exception):
    """This letter is not sent again, for this reason."""


async def letters(where: Where, wanted: Wanted) -> list[DeadLetter]:
    """The wanted letters, oldest first, each once: a program that was killed may have written one twice."""
    codec = Codec(DeadLetter, None)
    found: dict[str, DeadLetter] = {}
    async for message in read_to_end(where, where.name(LETTERS, None)):
        try:
            letter = codec.decode(message.value)
        except Unreadable as error:
            get_logger().warning("an unreadable dead letter", offset=message.offset, error=str(error))
            continue
        if wanted.wants(letter):
            found.setdefault(letter.id, letter)
    return sorted(found.values(), key=lambda letter: letter.made_at)


async def redrive(where: Where, wanted: Wanted, dry_run: bool, save: Path | None = None) -> AsyncIterator[Step]:
    """Send the wanted letters' bytes to the place that they came from; one step each, in order."""
    chosen = await letters(where, wanted)
    publisher = Publisher(where)
    await publisher.start()
    try:
        for letter in chosen:
            yield await _step(publisher, letter, dry_run, save)
    finally:
        await publisher.stop()


async def _step(publisher: Publisher, letter: DeadLetter, dry_run: bool, save: Path | None) -> Step:
    saved = "" if save is None else await _save(publisher.where, letter, save)
    try:
        body = await _whole(publisher.where, letter)
        _readable(publisher.where, letter, body)
    except Left as reason:
        return Step(letter, False, f"left: {reason}{saved}")
    if dry_run:
        return Step(letter, False, f"would be sent to {letter.topic}{saved}")
    # The same partition as before: a letter without a key would otherwise land anywhere.
    sent = await publisher.resend(letter.topic, letter.key, body, letter.partition)
    return Step(letter, True, f"sent to {sent.topic}, partition {sent.partition}, offset {sent.offset}{saved}")


async def _whole(where: Where, letter: DeadLetter) -> bytes:
    """All the bytes that were parked, fetched anew where the letter holds only their beginning; raises Left."""
    if not letter.topic:
        raise Left("it came from a feed; once the parser reads it (`connectors parse FILE`), the feed or `raw` has it")
    body = await _again(where, letter) if letter.truncated else letter.body
    if hashlib.sha256(body).hexdigest() != letter.sha256:
        raise Left("its bytes are not those that were parked (sha256 differs)")
    return body


async def _again(where: Where, letter: DeadLetter) -> bytes:
    if letter.partition is None or letter.offset is None:
        raise Left(f"only its first {len(letter.body)} of {letter.size} bytes are kept, and not where it lay")
    message = await read_one(where, letter.topic, letter.partition, letter.offset)
    if message is None or message.value is None:
        raise Left(f"{letter.topic} no longer keeps partition {letter.partition}, offset {letter.offset}")
    return bytes(message.value)


def _readable(where: Where, letter: DeadLetter, body: bytes) -> None:
    """Raises Left for what would only be parked again, and for a topic that is none of ours."""
    ours = physical_topics(where.namespace)
    if letter.topic not in ours:
        raise Left(f"{letter.topic} is no topic of topics.toml under the prefix {where.namespace!r}")
    row, world = ours[letter.topic]
    try:
        Codec(record_types()[row.record], world).decode(body)
    except (Unreadable, WrongWorld) as error:
        raise Left(f"it would be parked again: {error}") from error


async def _save(where: Where, letter: DeadLetter, folder: Path) -> str:
    """All that can be had, in a file for `connectors parse`."""
    from_feed = letter.truncated and not letter.topic
    found = await raw.whole(where, letter.sha256) if from_feed else None
    body = letter.body if found is None else found
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / letter.id
    file.write_bytes(body)
    return f"; {len(body)} of {letter.size} bytes in {file}"
