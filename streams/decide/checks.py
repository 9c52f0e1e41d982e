"""What a proposal and a policy must be before anybody may order it; each refusal says what to do."""

import unicodedata
from datetime import datetime, timedelta

from schemas.levels import DRILL_MARK, level_of, push_bytes
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import (
    LANGUAGES,
    MAX_BODY_BYTES,
    MAX_PUSH_BYTES,
    MAX_TITLE_BYTES,
    REQUIRED_LANGUAGES,
    Action,
    Order,
    Policy,
    Proposal,
    Text,
)
from streams.decide.model import Place, Refused

LONGEST_SENDING = timedelta(hours=24)
TSUNAMI_ORDERS = (OrderType.TSUNAMI_EVACUATION, OrderType.ELDERLY_EVACUATION)
"""高齢者等避難 (level 3) only where a far-field tsunami is known hours ahead; the tsunami order has no number."""


_LETTERS_UNSEEN = "\n\u200c\u200d"
"""Of what cannot be seen: the line break, and the joiners with which Devanagari is spelled."""


def check_proposal(proposal: Proposal, hazard: Hazard, place: Place, world: World, made_at: datetime) -> None:
    """Raises Refused for what can never be sent. `made_at` is real time, as `deliver_until` is."""
    check_order_type(hazard, proposal.order_type, proposal.level)
    check_areas(proposal.areas, place)
    check_texts(proposal.texts, world)
    check_deliver_until(proposal.deliver_until, made_at)


def check_order_type(hazard: Hazard, order_type: OrderType, level: int | None) -> None:
    """The level must be the order's own, and a tsunami order must carry none."""
    of_tsunami = order_type is OrderType.TSUNAMI_EVACUATION
    if of_tsunami and level is not None:
        raise Refused("level_mismatch", "A tsunami order carries no level number: leave the level empty.")
    if level != level_of(order_type):
        raise Refused(
            "level_mismatch", f"{order_type} is level {level_of(order_type)}, not {level}: choose one of them anew."
        )
    if of_tsunami != (hazard is Hazard.TSUNAMI) and not (hazard is Hazard.TSUNAMI and order_type in TSUNAMI_ORDERS):
        raise Refused("order_type_mismatch", f"{order_type} cannot be ordered for {hazard}: choose another order.")


def check_areas(areas: tuple[str, ...], place: Place) -> None:
    """Only this municipality's own areas; none means all of it."""
    foreign = [area for area in areas if area not in place.areas]
    if foreign:
        raise Refused(
            "area_unknown", f"{', '.join(foreign)} is no area of {place.name}: choose from {', '.join(place.areas)}."
        )
    if len(set(areas)) != len(areas):
        raise Refused("area_twice", "An area is named twice: name each once.")


def check_texts(texts: tuple[Text, ...], world: World) -> None:
    """The required languages are there; each known one at most once; nothing empty, nothing that no push can carry.

    What passes here can be sent as it stands: no text is found too long, or missing, only when it is on its way.
    """
    languages = [text.lang for text in texts]
    unknown = [lang for lang in languages if lang not in LANGUAGES]
    if unknown:
        raise Refused("unknown_language", f"No language is called {', '.join(unknown)}: use {', '.join(LANGUAGES)}.")
    if len(set(languages)) != len(languages):
        raise Refused("language_twice", "A language has two texts: keep one.")
    missing = [lang for lang in REQUIRED_LANGUAGES if lang not in languages]
    if missing:
        raise Refused("text_missing", f"There is no text in {', '.join(missing)}: write it before you propose.")
    for text in texts:
        _check_words(text)
        _check_length(text, world)


def _check_words(text: Text) -> None:
    if not text.title.strip() or not text.body.strip():
        raise Refused("text_missing", f"The title or the body in {text.lang} is empty: write it or drop the language.")
    if any(mark and mark in text.title + text.body for mark in DRILL_MARK.values()):
        raise Refused(
            "drill_mark",
            f"The text in {text.lang} carries a drill's mark: take it out, sending adds it.",
        )
    if "\n" in text.title or any(_is_unseen(char) for char in text.title + text.body):
        raise Refused(
            "text_unseen", f"The text in {text.lang} has a character that nobody sees, or a line break in its title."
        )


def _check_length(text: Text, world: World) -> None:
    sizes = (
        ("title", len(text.title.encode()), MAX_TITLE_BYTES),
        ("body", len(text.body.encode()), MAX_BODY_BYTES),
        ("push", push_bytes(text.title, text.body, world), MAX_PUSH_BYTES),
    )
    for name, size, limit in sizes:
        if size > limit:
            raise Refused(
                "text_too_long", f"The {name} in {text.lang} has {size} bytes, {limit} is the most: shorten it."
            )


def _is_unseen(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind[0] in "CZ" and kind != "Zs" and char not in _LETTERS_UNSEEN


def check_deliver_until(deliver_until: datetime, made_at: datetime) -> None:
    """Real time: still ahead, and at most 24 hours."""
    if deliver_until <= made_at:
        raise Refused(
            "deliver_until_past", "The time until which it is sent has passed: propose it anew with a later one."
        )
    if deliver_until - made_at > LONGEST_SENDING:
        raise Refused("deliver_until_far", "An order is sent for at most 24 hours: choose an earlier time.")


def check_action(proposal: Proposal, order: Order | None) -> None:
    """What is proposed must fit what is in force (`order`, or nothing)."""
    if proposal.action is Action.ISSUE and order is not None:
        raise Refused("wrong_state", "An order is in force already: revise, correct or lift it.")
    if proposal.action is not Action.ISSUE and order is None:
        raise Refused("wrong_state", f"There is no order in force to {proposal.action}: issue one.")
    if order is None or proposal.action in (Action.ISSUE, Action.REVISE):
        return
    if proposal.order_type is not order.order_type:
        raise Refused(
            "order_type_mismatch",
            f"In force is {order.order_type}: a {proposal.action} must name it. To change it, revise.",
        )
    if set(proposal.areas) != set(order.areas):
        raise Refused(
            "area_mismatch", f"A {proposal.action} keeps the order's areas ({_named(order)}). To change them, revise."
        )


def check_policy(policy: Policy, municipality: str, place: Place, world: World, at: datetime) -> None:
    """What a municipality may sign beforehand. `at` is event time."""
    if policy.municipality != municipality:
        raise Refused("wrong_municipality", f"This policy is for {policy.municipality}, not for {municipality}.")
    if not policy.rules:
        raise Refused("rules_missing", "A policy must name the rules on which it orders.")
    check_order_type(policy.hazard, policy.order_type, policy.level)
    check_areas(policy.areas, place)
    check_texts(policy.texts, world)
    if policy.valid_until <= at:
        raise Refused("policy_expired", "The policy's last day has passed: choose a later one.")
    if not timedelta(minutes=1) <= timedelta(minutes=policy.deliver_minutes) <= LONGEST_SENDING:
        raise Refused(
            "deliver_until_far", "An order is sent for 1 minute to 24 hours: choose deliver_minutes between 1 and 1440."
        )


def need_reason(reason: str | None) -> None:
    """Returning and rejecting must say why."""
    if reason is None or not reason.strip():
        raise Refused("reason_missing", "Say why, so that the author can act on it.")


def _named(order: Order) -> str:
    return ", ".join(order.areas) or "the whole municipality"
