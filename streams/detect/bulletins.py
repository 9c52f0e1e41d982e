"""What officials say: one claim per carrier, scope and area; the newest statement wins, and status decides.

A slot keeps its last few statements in the order in which they were made, whatever order they came in; what stands
follows from them. So repeats, stragglers and any interleaving of carriers end in the same state.
"""

from typing import NamedTuple

from schemas.records.base import Hazard, Origin
from schemas.records.observed import Bulletin, InfoType
from streams.detect.limits import Carriers
from streams.detect.numbers import Number, numbers_of
from streams.detect.series import seconds

KEPT = 6
"""Enough for two statements taken back one after the other to restore the one before both: 2 + 2 + 1."""
WORDS = 300
ISSUED, CORRECTED, CANCELLED = 0, 1, 2
GRAVITY = {"52": 3, "53": 3, "51": 2, "62": 1}
"""Of tsunami kinds, which have no level: 大津波警報 (53 where it was just issued), 津波警報, 津波注意報."""
HIGHER_IS_GRAVER = ("intensity", "danger", "criteria_level", "stage_level")


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
    `event`: its EventID, where the scope does not name it: statements about two earthquakes share a coast's slot.
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
    event: str = ""


Slot = tuple[Statement, ...]
NOTHING = Statement(0, 0, ISSUED, "", "", "", "", 0, ())


def slot_key(bulletin: Bulletin) -> str:
    """Area, carrier and scope: what a later statement must share to replace this one."""
    return f"{bulletin.area}|{bulletin.carrier}|{bulletin.scope}"


def file(slot: Slot, new: Statement, transition: bool) -> Slot:
    """The slot with one statement more; the same object if it is a repeat or too old to matter.

    Of two different contents in one version the graver one stays, and is marked: a person has to look. If they are
    about two events both stay, the graver one on top.
    A transition format shows 危険警報 as plain 警報: its lower level is no lowering, only its own 解除 ends its claim.
    """
    same = next((old for old in slot if _version(old) == _version(new) and old.event == new.event), None)
    if same is None and len(slot) >= KEPT and _place(new) < _place(slot[0]):
        return slot
    chosen = _chosen(same, new) if same is not None else new
    if chosen == same:
        return slot
    after = sorted((*(old for old in slot if old is not same), chosen), key=_place)
    return _carried(_marked(after, chosen), transition)[-KEPT:]


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
        event="" if _names_event(bulletin) else bulletin.event_id,
    )


def standing(slot: Slot) -> tuple[Statement, bool]:
    """The statement that counts, and whether that is unknown: a cancellation restores what stood before its own event.

    Where that, or what is cancelled, is not known, the newest claim stays, marked unknown: never none, never an older.
    """
    stack: list[Statement] = []
    unknown: Statement | None = None
    for statement in slot:
        if statement.rank == CANCELLED:
            unknown = _take_back(stack, statement, unknown)
        else:
            _put(stack, statement)
            unknown = None
    return (unknown, True) if unknown is not None else (stack[-1] if stack else NOTHING, False)


def _put(stack: list[Statement], statement: Statement) -> None:
    """On top, a correction in the place of what it corrects; of what is as old about another event, by weight."""
    stack.append(statement)
    if statement.rank == CORRECTED:
        corrected = [old for old in stack[:-1] if (old.at, old.event) == (statement.at, statement.event)]
        stack[:] = [old for old in stack if old not in corrected[-1:]]
        stack.sort(key=lambda one: (one.at, one.event != statement.event and _weight(one) > _weight(statement)))


def _take_back(stack: list[Statement], cancelled: Statement, unknown: Statement | None) -> Statement | None:
    """Remove the newest statement of the same event. What is now unknown, None if what stands is known.

    A cancellation of an event that nothing here told of leaves what is in force, marked; where nothing is, nothing.
    """
    found = next((i for i in reversed(range(len(stack))) if stack[i].event == cancelled.event), None)
    if found is not None:
        gone = stack.pop(found)
        return None if stack else gone
    if unknown is not None:
        return unknown
    if not cancelled.event:
        return stack[-1] if stack else cancelled
    return stack[-1] if stack and stack[-1].items else None


def _names_event(bulletin: Bulletin) -> bool:
    """Whether the scope is the event's own; 情報タグ and 記録雨 add the time of each issue behind a "_"."""
    return bulletin.event_id.partition("_")[0] in bulletin.scope


def _version(statement: Statement) -> tuple[int, int, int]:
    """reported_at first: serials have been wrong in production."""
    return (statement.at, statement.serial, statement.rank)


def _place(statement: Statement) -> tuple[object, ...]:
    """The order within a slot."""
    return (*_version(statement), *_weight(statement))


def _chosen(old: Statement, new: Statement) -> Statement:
    """The weightier of two in one version, whichever came first; marked if they say different things."""
    rival = int(old.rival or new.rival or _content(old) != _content(new))
    return max(old, new, key=_weight)._replace(rival=rival)


def _marked(statements: list[Statement], new: Statement) -> Slot:
    """All in the version of the new one as rivals, if any of them says something else (about another event)."""
    peers = [s for s in statements if _version(s) == _version(new)]
    rival = any(s.rival or _content(s) != _content(new) for s in peers)
    return tuple(s._replace(rival=1) if rival and s in peers else s for s in statements)


def _content(statement: Statement) -> list[tuple[str, str, str, str, int]]:
    return sorted((i.hazard, i.subject, i.code, i.status, i.said) for i in statement.items)


def _weight(statement: Statement) -> tuple[list[tuple[int, int]], list[float], str]:
    """By the gravest item, then the next: an item in force outweighs none, one more outweighs as many."""
    gravity = {Hazard.TSUNAMI.value: GRAVITY}
    items = [(item.said, gravity.get(item.hazard, {}).get(item.code, 0)) for item in statement.items]
    shaken = [number.value for number in statement.numbers if number.name in HIGHER_IS_GRAVER]
    return sorted(items, reverse=True), sorted(shaken, reverse=True), statement.id


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
