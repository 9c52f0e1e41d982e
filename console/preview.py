"""A proposal as it will be seen: pushes and pages in every language, and what partners are told. Pure."""

from dataclasses import dataclass

from console.phrases import language_name
from schemas.levels import DRILL_WORD, HAZARD_WORDS, ORDER_WORDS, marked, push_bytes
from schemas.records.base import Hazard, World
from schemas.records.decided import MAX_BODY_BYTES, MAX_PUSH_BYTES, MAX_TITLE_BYTES, Action, Order, Proposal, Text

STATUS = {World.ACTUAL: "Actual", World.EXERCISE: "Exercise", World.TEST: "Test"}


@dataclass(frozen=True, slots=True)
class Bar:
    """How full one limit is."""

    name: str
    used: int
    most: int


@dataclass(frozen=True, slots=True)
class Preview:
    """One language: the words with the marks of its world, and how much room they take."""

    lang: str
    name: str
    title: str
    body: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What partners' systems are told beside the words: CAP's and L-Alert's own terms, with what they mean."""

    cap: tuple[tuple[str, str], ...]
    l_alert: tuple[tuple[str, str], ...]


def previews(texts: tuple[Text, ...], world: World) -> tuple[Preview, ...]:
    """Every text as its readers see it."""
    return tuple(_preview(text, world) for text in texts)


def told(proposal: Proposal, hazard: Hazard, places: str, before: Order | None, world: World) -> Told:
    """The alert that partners will get. `before`: the order that is in force, if any."""
    japanese = next(text for text in proposal.texts if text.lang == "ja")
    cap = (
        ("status", STATUS[world]),
        ("msgType", _message_type(proposal.action, before)),
        ("headline", marked(world, japanese.title)),
        ("description", marked(world, japanese.body)),
    )
    l_alert = (
        ("配信種別", STATUS[world]),
        ("発令・解除の別", "解除" if proposal.action is Action.LIFT else "発令"),
        ("避難情報の種類", ORDER_WORDS[proposal.order_type][0]),
        ("警戒レベル", "なし（津波）" if proposal.level is None else str(proposal.level)),
        ("災害", HAZARD_WORDS[hazard][0]),
        ("対象区域", places),
        ("見出し", marked(world, f"{japanese.title}\n{japanese.body}")),
    )
    return Told(cap, l_alert)


def _preview(text: Text, world: World) -> Preview:
    bars = (
        Bar("題名", len(text.title.encode()), MAX_TITLE_BYTES),
        Bar("本文", len(text.body.encode()), MAX_BODY_BYTES),
        Bar("通知全体", push_bytes(text.title, text.body, world), MAX_PUSH_BYTES),
    )
    title = DRILL_WORD[world].get(text.lang, "") + text.title
    return Preview(text.lang, language_name(text.lang), marked(world, title), marked(world, text.body), bars)


def _message_type(action: Action, before: Order | None) -> str:
    if before is None:
        return "Alert（新しい情報）"
    cancels = action is Action.LIFT and before.halted
    return "Cancel（取り消し）" if cancels else "Update（更新。解除もこれで伝える）"
