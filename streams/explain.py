"""`python -m streams explain`: why something was, or was not, called for in an area at a past moment."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from aiokafka.errors import KafkaError

from schemas.kafka import Where
from schemas.process.clock import now_utc
from schemas.process.settings import Settings, load
from schemas.records.base import World
from schemas.reference import areas_of, municipality_of
from streams.explained import Chosen, Stands, choose, explain, sources
from streams.knowledge import load_knowledge
from streams.past_kafka import Kept, Past
from streams.refold import compare, refold
from streams.watch import WatchFold

STATEMENTS, READINGS = timedelta(hours=40), timedelta(hours=3)
"""How long before a recommendation was made its facts can have come: a telegram stands for 36 h."""
REFOLDED = {"readings": timedelta(hours=72), "bulletins": timedelta(days=30), "reports": timedelta(days=30)}
FOUND, NOTHING_KNOWN, WRONG = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Question:
    """One area or town hall, one moment, one world."""

    areas: tuple[str, ...]
    at: datetime
    world: World


def main(argv: list[str]) -> int:
    """0: it was found and printed. 1: nothing is known of that time. 2: the question, or Kafka, is wrong."""
    words = _parser().parse_args(argv)
    try:
        question = _question(words.area, words.at, words.world)
        return asyncio.run(_answer(load(Settings), question, words.json, words.refold))
    except (ValueError, LookupError, KafkaError, OSError) as error:
        print(f"explain: {error}", file=sys.stderr)
        return WRONG


async def _answer(settings: Settings, question: Question, as_json: bool, anew: bool) -> int:
    past = Past(Where.of(settings), question.world, municipality_of(question.areas[0]))
    chosen = choose(_stand(await past.read("recommendation-log")), question.at)
    known, detected = await _facts(past, chosen) if chosen.now else ([], [])
    if as_json:
        print(_json(chosen, question, detected))
    else:
        print("\n".join(explain(chosen, question.areas, sources(known), detected)))
    if anew and chosen.now is not None:
        print("\n".join(await _folded_anew(past, chosen)))
    return NOTHING_KNOWN if chosen.now is None else FOUND


async def _facts(past: Past, chosen: Chosen) -> tuple[list[Stands], list[Stands]]:
    """(telegrams, reports and readings; detections) that had come when the recommendation was made."""
    assert chosen.now is not None
    made = chosen.now.record.made_at
    until = made + timedelta(minutes=1)
    known = [
        *_stand(await past.read("bulletins", made - STATEMENTS, until)),
        *_stand(await past.read("reports", made - STATEMENTS, until)),
        *_stand(await past.read("readings", made - READINGS, until)),
    ]
    return known, _stand(await past.read("detections", made - STATEMENTS, until))


async def _folded_anew(past: Past, chosen: Chosen) -> list[str]:
    assert chosen.now is not None
    made = chosen.now.record.made_at
    kept = [one for name, reach in REFOLDED.items() for one in await past.read(name, made - reach, made)]
    inputs = [one.record for one in sorted(kept, key=lambda one: one.appended_ms)]
    fold = WatchFold(load_knowledge())
    anew = refold(fold, past.world, past.municipality, inputs, chosen.at, now_utc())
    return list(compare(chosen.now.record, anew))


def _question(area: str, at: str, world: str) -> Question:
    found = areas_of(area)
    if not found:
        raise ValueError(f"{area} is no area, ward or municipality of ours")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"{at} has no offset: write it as 2026-09-21T15:00+09:00")
    if len({municipality_of(code) for code in found}) > 1:
        raise ValueError(f"{area} is more than one municipality: ask about one of them")
    return Question(found, moment, World(world))


def _stand(kept: list[Kept]) -> list[Stands]:
    return [Stands(one.record, one.place) for one in kept]


def _json(chosen: Chosen, question: Question, detected: list[Stands]) -> str:
    told = {
        "asked": question,
        "chosen": chosen,
        "detections": [one for one in detected if one.record.at <= question.at],
    }
    return msgspec.json.format(msgspec.json.encode(told)).decode()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m streams explain", description=__doc__)
    parser.add_argument("--area", required=True, help="class20 area, ward or municipality: 1420500, 14205")
    parser.add_argument("--at", required=True, help="the moment, with its offset: 2026-09-21T15:00+09:00")
    parser.add_argument("--world", default=World.ACTUAL.value, choices=[world.value for world in World])
    parser.add_argument("--json", action="store_true", help="records instead of sentences; times in UTC")
    parser.add_argument("--refold", action="store_true", help="also fold the inputs of then with the rules of now")
    return parser
