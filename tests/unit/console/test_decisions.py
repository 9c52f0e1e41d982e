"""A decision is signed, written once however often the button is pressed, and waits for its verdict."""

import asyncio
import dataclasses
from dataclasses import dataclass, field
from typing import Any

from console.decisions import Decider, Hand, Step, signed
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import Decision, DecisionKind
from schemas.signing import is_signed, new_key_pair, private_key, public_key
from tests.unit.console.records import AT, FUJISAWA, verdict

SIGNING, VERIFY = new_key_pair()
HAND = Hand("sato", Origin.LIVE, AT)


def step(**changes: Any) -> Step:
    """A submission."""
    fields: dict[str, Any] = {
        "world": World.ACTUAL,
        "municipality": FUJISAWA,
        "kind": DecisionKind.SUBMIT,
        "nonce": "n",
        "hazard": Hazard.FLOOD,
        "case_id": "case-1",
        "digest": "d",
    }
    return Step(**(fields | changes))


@dataclass(slots=True)
class Log:
    """A topic as a list."""

    written: list[Decision] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, topic_name: str, key: str, record: Decision) -> None:
        """Append."""
        assert (topic_name, key) == ("decisions", FUJISAWA)
        self.written.append(record)
        self.first.set()


def test_the_signature_holds_and_covers_the_content() -> None:
    """decide accepts exactly what the console signed."""
    made = signed(step(), HAND, private_key(SIGNING), AT)
    assert is_signed(public_key(VERIFY), made)
    assert not is_signed(public_key(VERIFY), dataclasses.replace(made, officer="suzuki"))


def test_the_id_is_the_forms_nonce_with_its_content() -> None:
    """The same form is the same decision; a changed text, another officer or another form is not."""
    first = step().decision_id("sato")
    assert first == step().decision_id("sato")
    others = {step(nonce="m").decision_id("sato"), step(digest="e").decision_id("sato"), step().decision_id("suzuki")}
    others.add(step(content={"note": "changed"}).decision_id("sato"))
    assert len(others | {first}) == 5


async def test_a_double_click_is_one_decision() -> None:
    """Two requests at once: one record, and both get its verdict."""
    log = Log()
    decider = Decider(private_key(SIGNING), log, {World.ACTUAL: {}})
    clicks = [asyncio.create_task(decider.decide(step(), HAND, 5.0)) for _ in range(2)]
    await asyncio.wait_for(log.first.wait(), 5)
    decider.heard(verdict(1, decision_id=log.written[0].id))
    answers = await asyncio.gather(*clicks)
    assert len(log.written) == 1
    assert [answer.verdict.id for answer in answers if answer.verdict] == ["v-1", "v-1"]


async def test_without_a_verdict_the_answer_says_so() -> None:
    """Nobody answers in time: the decision's id is known, its verdict is not."""
    answer = await Decider(private_key(SIGNING), Log(), {World.ACTUAL: {}}).decide(step(), HAND, 0.01)
    assert (answer.verdict, len(answer.decision_id)) == (None, 32)


async def test_a_verdict_that_is_known_is_not_asked_for_again() -> None:
    """After a restart the form sent again finds its answer in what was read."""
    log, known = Log(), verdict(1)
    decider = Decider(private_key(SIGNING), log, {World.ACTUAL: {step().decision_id("sato"): known}})
    assert (await decider.decide(step(), HAND, 0.01)).verdict == known
    assert log.written == []
