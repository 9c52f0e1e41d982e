"""The demo's story, act by act: what is waited for, and what people do. It never decides what comes out of the line."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from local.crowd import Crowd
from local.hands import Hands
from local.ledger import accounts
from local.screen import Screen
from local.witness import Witness
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, content_id
from schemas.records.decided import Action, Call, CallKind, DecisionKind, Order, Policy, Text, Verdict
from schemas.records.judged import Called, Recommendation
from schemas.records.observed import ReadingBatch
from schemas.signing import digest_of

FUJISAWA, ODAWARA, YUGAWARA, HAKONE, MANAZURU = "14205", "14206", "14384", "14382", "14383"
AREAS = {FUJISAWA: "1420500", ODAWARA: "1420600", YUGAWARA: "1438400"}
STEP_S = 60.0


@dataclass(slots=True)
class Story:
    """Who plays, what they see, and what had to be true so far."""

    witness: Witness
    crowd: Crowd
    screen: Screen
    clock: httpx.AsyncClient
    hands: dict[str, Hands]
    checks: list[tuple[str, bool, str]] = field(default_factory=list)

    def check(self, name: str, true: bool, detail: str = "") -> None:
        """Something that must be true for the demo to succeed."""
        self.checks.append((name, true, detail))

    async def resume(self) -> None:
        """Let the scenario's clock run to its next stop."""
        (await self.clock.post("/clock/resume")).raise_for_status()

    async def says(self, officer: str, kind: DecisionKind, words: str, **rest: Any) -> Verdict:
        """An officer's step, its verdict on the screen."""
        verdict = await self.hands[officer].decide(kind, **rest)
        stage = "officer" if verdict.accepted else "refused"
        answer = "" if verdict.accepted else f" → [red]refused[/]: {verdict.text}"
        self.screen.line(verdict.at, stage, f"{officer} {words}{answer}")
        return verdict

    async def called_for(self, municipality: str, hazard: Hazard, true: Callable[[Called], bool], what: str) -> Called:
        """Wait until the newest recommendation of a municipality says something of its area."""
        find = functools.partial(self._called, municipality, hazard, true)
        return await self.witness.until(find, what, STEP_S)

    def _called(self, municipality: str, hazard: Hazard, true: Callable[[Called], bool]) -> Called | None:
        newest = [r for r in self.witness.of(Recommendation) if r.municipality == municipality][-1:]
        wanted = [c for r in newest for c in r.called if c.area == AREAS[municipality] and c.hazard is hazard]
        return next((called for called in wanted if true(called)), None)

    async def settled(self, order_id: str, revision: int) -> None:
        """Wait until every delivery of an order revision has its end."""

        def done() -> bool:
            account = accounts(s.record for s in self.witness.sightings).get((order_id, revision))
            return account is not None and account.planned > 0 and account.settled

        await self.witness.until(done, f"end for everyone in order {order_id[:8]} revision {revision}", STEP_S)
        await self._show(order_id, revision)

    async def _show(self, order_id: str, revision: int) -> None:
        """The ends, and what a device shows in each language."""
        order = next(o for o in self.witness.of(Order) if (o.id, o.revision) == (order_id, revision))
        counts = accounts(s.record for s in self.witness.sightings)[order_id, revision].counts()
        self.screen.line(order.issued_at, "push", ", ".join(f"{count} {end}" for end, count in counts.items()))
        shown = [s for view in (await self.crowd.screens()).values() for s in view["shown"] if s["tag"] == order_id]
        for lang, words in {s["lang"]: f"{s['title']} | {s['body']}" for s in shown if s["rev"] == revision}.items():
            self.screen.line(order.issued_at, "device", f"[{lang}] {' '.join(words.split())[:96]}".replace("[", "\\["))

    def heard(self, at: datetime) -> None:
        """How many readings have come, and the newest."""
        readings = {r.observed_at: r for b in self.witness.of(ReadingBatch) for r in b.readings if r.value is not None}
        newest = readings[max(readings)]
        text = f"{len(readings)} of {newest.station} so far, newest {newest.value} {newest.unit}"
        self.screen.line(max(at, newest.observed_at), "reading", text)


async def sign_policy(story: Story) -> None:
    """Before the storm, Yugawara's two officers sign what may issue by itself."""
    story.screen.act("Before: a policy signed by two, a duty roster")
    for town in ("fujisawa", "odawara", "yugawara"):
        await story.says(f"{town}-a", DecisionKind.SET_DUTY, "takes duty, b after a", duty=[f"{town}-a", f"{town}-b"])
    policy = _yugawara_policy()
    await story.says("yugawara-a", DecisionKind.SIGN_POLICY, f"signs a policy: {policy.note}", policy=policy)
    own = {"policy_id": policy.id, "digest": digest_of(policy)}
    refused = await story.says("yugawara-a", DecisionKind.APPROVE_POLICY, "tries to approve it alone", **own)
    approved = await story.says("yugawara-b", DecisionKind.APPROVE_POLICY, "approves the policy", **own)
    story.check("a policy takes two people", approved.accepted and not refused.accepted, refused.code)


async def rapid_rise(story: Story) -> None:
    """Act 1: the Sakai River rises fast; level 3, nothing higher; two officers."""
    story.screen.act("Act 1: 境川 / the Sakai River, as measured on 2026-09-21")
    await story.resume()
    called = await story.called_for(FUJISAWA, Hazard.FLOOD, lambda c: c.level == 3, "level 3 for Fujisawa")
    story.heard(called.hits[0].since)
    rules = {hit.rule for hit in called.hits}
    story.check("level 3 by rapid rise (FN-3b), nothing higher", "FN-3b" in rules and called.level == 3, str(rules))
    call = await woken(story, "fujisawa", FUJISAWA, Hazard.FLOOD)
    story.check("officer A is woken first", call.officers == ("fujisawa-a",), str(call.officers))
    await issue(story, "fujisawa", Hazard.FLOOD, "高齢者等避難 for 藤沢市")


async def landslide(story: Story) -> None:
    """Act 2: JMA's sample bulletins; Yugawara by policy, Odawara by two officers, revised, and both lifted."""
    story.screen.act("Act 2: 土砂災害 / landslide bulletins, JMA's sample timeline moved to this evening")
    await story.resume()
    await story.called_for(ODAWARA, Hazard.LANDSLIDE, lambda c: c.level == 4, "level 4 for Odawara")
    by_policy = await story.witness.until(lambda: _order(story, YUGAWARA), "order by Yugawara's policy", STEP_S)
    story.check("the order names its policy", by_policy.policy_id is not None and by_policy.decided_by == ())
    await woken(story, "yugawara", YUGAWARA, Hazard.LANDSLIDE)
    await woken(story, "manazuru", MANAZURU, Hazard.LANDSLIDE)
    await woken(story, "odawara", ODAWARA, Hazard.LANDSLIDE)
    await issue(story, "odawara", Hazard.LANDSLIDE, "避難指示 for 小田原市")
    await story.settled(by_policy.id, by_policy.revision)


async def revision(story: Story) -> None:
    """Act 2, second bulletin: Hakone joins; Odawara revises its order for the districts by name."""
    story.screen.act("Act 2: the second bulletin, a revision")
    await story.resume()
    find = functools.partial(_level_four, story, HAKONE)
    await story.witness.until(find, "level 4 for Hakone", STEP_S)
    await woken(story, "hakone", HAKONE, Hazard.LANDSLIDE)
    await issue(
        story, "odawara", Hazard.LANDSLIDE, "a revision: the districts by name", Action.REVISE,
        districts=["早川", "根府川", "江之浦"],
    )  # fmt: skip


async def lift(story: Story) -> None:
    """Act 2, third bulletin: 解除. The system never lifts; officers do, when the conditions are met."""
    story.screen.act("Lift: the third bulletin ends the warning, the river is back in its bed")
    await story.resume()
    ended = (
        ("odawara", ODAWARA, Hazard.LANDSLIDE),
        ("yugawara", YUGAWARA, Hazard.LANDSLIDE),
        ("fujisawa", FUJISAWA, Hazard.FLOOD),
    )
    for town, code, hazard in ended:
        met = await story.called_for(code, hazard, lambda c: c.lifting_met_since is not None, f"lifting for {town}")
        story.check(f"nothing was lifted by itself in {town}", _in_force(story, code), str(met.lifting_met_since))
        await issue(story, town, hazard, "the lift", Action.LIFT)


async def woken(story: Story, town: str, code: str, hazard: Hazard) -> Call:
    """The call to a town's duty, acknowledged by its officer A once A's device has rung."""
    call = await story.witness.until(lambda: _call(story, code, hazard), f"call to {town}'s duty", STEP_S)
    await story.crowd.until_rung(f"{town}-a", call.id, STEP_S)
    await story.says(f"{town}-a", DecisionKind.ACKNOWLEDGE, "acknowledges the call", call_id=call.id)
    return call


async def issue(
    story: Story, town: str, hazard: Hazard, what: str, action: Action = Action.ISSUE, **proposal: Any
) -> None:
    """Propose and submit by A, A's own approval refused, approval by B, and every delivery to its end."""
    a, b = f"{town}-a", f"{town}-b"
    wish = {"action": action, **proposal}
    drafted = await story.says(a, DecisionKind.PROPOSE, f"proposes {what}", hazard=hazard, proposal=wish)
    assert drafted.case, f"{drafted.code}: {drafted.text}"
    step = {"hazard": hazard, "case_id": drafted.case.id, "digest": drafted.case.digest}
    await story.says(a, DecisionKind.SUBMIT, "submits it", **step)
    if action is Action.ISSUE:
        refused = await story.says(a, DecisionKind.APPROVE, "tries to approve it, too", **step)
        story.check(f"{a}'s own approval is refused", not refused.accepted and refused.code == "same_person")
    approved = await story.says(b, DecisionKind.APPROVE, "approves it", **step)
    assert approved.accepted, approved.text
    assert approved.case
    assert approved.case.order_id
    await story.settled(approved.case.order_id, approved.case.revision)


def _yugawara_policy() -> Policy:
    ja = "土砂災害のおそれがあります。崖の近くや谷の出口にいる人は全員、安全な場所へ避難してください。"
    easy = "山（やま）や がけが くずれます。がけの 近（ちか）くの 人（ひと）は、みんな にげてください。"
    en = "Landslides may occur. Everyone near cliffs or at valley mouths: leave now for a safe place."
    texts = (
        Text("ja", "【警戒レベル４ 避難指示】湯河原町", ja),
        Text("ja-easy", "【レベル４】みんな にげてください　湯河原町", easy),
        Text("en", "[Level 4 Evacuation order] Yugawara", en),
    )
    note = "LS-4a in 湯河原町 → 避難指示 (level 4)"
    return Policy(
        id=content_id("policy", YUGAWARA, note),
        municipality=YUGAWARA,
        hazard=Hazard.LANDSLIDE,
        rules=("LS-4a",),
        areas=(AREAS[YUGAWARA],),
        order_type=OrderType.EVACUATION_ORDER,
        level=4,
        districts=(),
        texts=texts,
        deliver_minutes=30,
        valid_until=now_utc().replace(year=now_utc().year + 1),
        note=note,
    )


def _call(story: Story, municipality: str, hazard: Hazard) -> Call | None:
    rose = (c for c in story.witness.of(Call) if c.municipality == municipality and c.hazard is hazard)
    return next((call for call in rose if call.kind is CallKind.RECOMMENDATION_ROSE), None)


def _order(story: Story, municipality: str) -> Order | None:
    return next((order for order in story.witness.of(Order) if order.municipality == municipality), None)


def _in_force(story: Story, municipality: str) -> bool:
    return [order.in_force for order in story.witness.of(Order) if order.municipality == municipality][-1]


def _level_four(story: Story, municipality: str) -> bool:
    newest = [r for r in story.witness.of(Recommendation) if r.municipality == municipality][-1:]
    return any(called.level == 4 for r in newest for called in r.called)
