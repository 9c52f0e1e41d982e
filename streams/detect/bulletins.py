"""What officials say: one claim per carrier, scope and area; the newest statement wins, and status decides.

A slot keeps its last few statements in the order in which they were made, whatever order they came in; what stands
follows from them. So repeats, stragglers and any interleaving of carriers end in the same state.
"""

from typing import NamedTuple

from schemas.records.base import Origin
from schemas.records.observed import Bulletin, InfoType
from streams.detect.limits import Carriers
from streams.detect.numbers import Number, numbers_of
from streams.detect.series import seconds

KEPT = 6
"""Enough for two statements taken back one after the other to restore the one before both: 2 + 2 + 1."""
WORDS = 300
ISSUED, CORRECTED, CANCELLED = 0, 1, 2


class Item(NamedTuple):
    """One hazard of a statement in force. `level` -1: none, or none that is known; `said`: the statement's own.

    `since`: when this claim reached `level`, through every statement that repeated it.
    """

    hazard: str
    subject: str
    subject_name: str
    code: str
    name: str
    status: str
    said: int
    level: int
    since: int
    text: str


class Statement(NamedTuple):
    """One telegram of one carrier about one area, as far as it counts.

    `rival`: 1 if another content came in the very same version. `numbers`: what it states for places and times.
    """

    at: int
    serial: int
    rank: int
    id: str
    title: str
    text: str
    url: str
    replay: int
    items: tuple[Item, ...]
    numbers: tuple[Number, ...] = ()
    rival: int = 0


Slot = tuple[Statement, ...]
NOTHING = Statement(0, 0, ISSUED, "", "", "", "", 0, ())


def slot_key(bulletin: Bulletin) -> str:
    """Area, carrier and scope: what a later statement must share to replace this one."""
    return f"{bulletin.area}|{bulletin.carrier}|{bulletin.scope}"


def file(slot: Slot, new: Statement, transition: bool) -> Slot:
    """The slot with one statement more; the same object if it is a repeat or too old to matter.

    Of two different contents in one version the one with the higher level stays, and is marked: a person has to look.
    A transition format shows 危険警報 as plain 警報: its lower level is no lowering, only its own 解除 ends its claim.
    """
    at = next((i for i, old in enumerate(slot) if _version(old) >= _version(new)), len(slot))
    if at < len(slot) and _version(slot[at]) == _version(new):
        chosen = _chosen(slot[at], new)
        if chosen == slot[at]:
            return slot
        after = (*slot[:at], chosen, *slot[at + 1 :])
    elif at == 0 and len(slot) >= KEPT:
        return slot
    else:
        after = (*slot[:at], new, *slot[at:])
    return _carried(after, transition)[-KEPT:]


def statement_of(bulletin: Bulletin, carriers: Carriers) -> Statement:
    """The compact form: only what is active, and words only where something is."""
    at = seconds(bulletin.reported_at)
    items = tuple(
        Item(
            *(i.hazard.value, i.subject, i.subject_name, i.kind_code, i.kind_name, i.status),
            *((said := -1 if i.level is None else i.level), said, at, i.summary[:WORDS]),
        )
        for i in bulletin.items
        if i.active
    )
    rank = {InfoType.CORRECTED: CORRECTED, InfoType.CANCELLED: CANCELLED}.get(bulletin.info_type, ISSUED)
    return Statement(
        *(at, bulletin.serial or 0, rank, bulletin.id, bulletin.title),
        *(bulletin.text[:WORDS] if items else "", bulletin.url, int(bulletin.origin is Origin.REPLAY), items),
        numbers_of(bulletin, carriers),
    )


def standing(slot: Slot) -> tuple[Statement, bool]:
    """The statement that counts, and whether that is unknown: a cancellation restores the one before it.

    Where the one before is not known, the cancelled claim stays, marked unknown: never none.
    """
    stack: list[Statement] = []
    unknown: Statement | None = None
    for statement in slot:
        if statement.rank == CANCELLED:
            gone = stack.pop() if stack else unknown
            unknown = (gone or statement) if not stack else None
        else:
            if statement.rank == CORRECTED and stack and stack[-1].at == statement.at:
                stack.pop()
            stack.append(statement)
            unknown = None
    return (stack[-1], False) if stack else (unknown or NOTHING, unknown is not None)


def _version(statement: Statement) -> tuple[int, int, int]:
    """reported_at first: serials have been wrong in production (domain.md §3.3)."""
    return (statement.at, statement.serial, statement.rank)


def _chosen(old: Statement, new: Statement) -> Statement:
    """The weightier of two in one version, whichever came first; marked if they say different things."""
    rival = int(old.rival or new.rival or _content(old) != _content(new))
    return max(old, new, key=_weight)._replace(rival=rival)


def _content(statement: Statement) -> list[tuple[str, str, str, str, int]]:
    return sorted((i.hazard, i.subject, i.code, i.status, i.said) for i in statement.items)


def _weight(statement: Statement) -> tuple[int, int, str]:
    levels = [item.said for item in statement.items]
    return (max(levels, default=-2), sum(levels), statement.id)


def _carried(slot: Slot, transition: bool) -> Slot:
    """Each claim's level and since, anew from the statements; the oldest kept one brings what came before it."""
    out = list(slot[:1])
    for statement in slot[1:]:
        before = {(i.hazard, i.subject): i for i in standing(tuple(out))[0].items}
        items = tuple(
            _continued(
                item._replace(level=item.said, since=statement.at), before.get((item.hazard, item.subject)), transition
            )
            for item in statement.items
        )
        out.append(statement._replace(items=items))
    return tuple(out)


def _continued(item: Item, before: Item | None, transition: bool) -> Item:
    same = before is not None and (before.level == item.level or (transition and item.level < before.level))
    return item._replace(level=before.level, since=before.since) if before and same else item
