"""Officers who try again until they have a verdict, and what they do all day while processes are killed under them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.hands import DeskError, Hands
from local.system import System
from local.witness import Witness
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, World, content_id
from schemas.records.decided import Action, DecisionKind, Order, Policy, Text, Verdict
from schemas.reference import areas
from schemas.signing import digest_of

PATIENCE_S = 60.0
TRY_AGAIN_S = 0.25
ORDERING = {"14205": "fujisawa", "14206": "odawara", "14382": "hakone"}
BY_POLICY = {"14383": "manazuru", "14384": "yugawara"}


class NoVerdict(AssertionError):
    """An officer tried for PATIENCE_S and the desk never answered."""


@dataclass(slots=True)
class Town:
    """The two officers of one municipality, at one desk, in one world."""

    desk: str
    code: str
    short: str
    password: str
    world: World = World.ACTUAL
    verdicts: list[Verdict] = field(default_factory=list)
    tried_again: int = 0
    _hands: dict[str, Hands] = field(default_factory=dict)

    async def says(self, letter: str, kind: DecisionKind, **words: Any) -> Verdict:
        """One step of officer `a` or `b`; the same step again, under the same nonce, until its verdict is there."""
        nonce, why = uuid.uuid4().hex, "nothing was tried"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        hands = await self._signed_in(letter)
                        verdict = await hands.decide(kind, world=self.world, nonce=nonce, **words)
                    except (DeskError, httpx.HTTPError) as error:
                        why, self.tried_again = f"{type(error).__name__}: {error}", self.tried_again + 1
                        await asyncio.sleep(TRY_AGAIN_S)
                    else:
                        self.verdicts.append(verdict)
                        return verdict
        raise NoVerdict(f"{self.short}-{letter}, {kind}: no verdict within {PATIENCE_S:.0f} s; the last try: {why}")

    async def order(self, action: Action, hazard: Hazard = Hazard.LANDSLIDE, **proposal: Any) -> Verdict:
        """Propose and submit by A, approve by B; the verdict of the first step that was refused, or of the approval."""
        wish = {"action": action, "order_type": OrderType.EVACUATION_ORDER, "deliver_minutes": 60, **proposal}
        drafted = await self.says("a", DecisionKind.PROPOSE, hazard=hazard, proposal=wish)
        if not drafted.accepted or drafted.case is None:
            return drafted
        step = {"hazard": hazard, "case_id": drafted.case.id, "digest": drafted.case.digest}
        submitted = await self.says("a", DecisionKind.SUBMIT, **step)
        return await self.says("b", DecisionKind.APPROVE, **step) if submitted.accepted else submitted

    async def ticket(self, letter: str) -> str:
        """The desk's proof for the notifier that a device is this officer's."""
        return await (await self._signed_in(letter)).ticket()

    async def sign(self, policy: Policy) -> None:
        """Both sign a policy."""
        signed = await self.says("a", DecisionKind.SIGN_POLICY, policy=policy)
        step = {"policy_id": policy.id, "digest": digest_of(policy)}
        approved = await self.says("b", DecisionKind.APPROVE_POLICY, **step)
        assert signed.accepted, signed.text
        assert approved.accepted, approved.text

    async def close(self) -> None:
        """Close what is open."""
        for hands in self._hands.values():
            await hands.close()

    async def _signed_in(self, letter: str) -> Hands:
        if letter not in self._hands:
            self._hands[letter] = await Hands.sign_in(self.desk, f"{self.short}-{letter}", self.code, self.password)
        return self._hands[letter]


@contextlib.asynccontextmanager
async def towns(system: System, which: dict[str, str], world: World = World.ACTUAL) -> AsyncIterator[dict[str, Town]]:
    """The officers of these municipalities, by code."""
    found = {
        code: Town(system.url("console"), code, short, system.people.password, world) for code, short in which.items()
    }
    try:
        yield found
    finally:
        for town in found.values():
            await town.close()


async def orders_all_day(town: Town, ending: asyncio.Event, pause_s: float) -> None:
    """Issue, revise, lift, again and again, until told to end; everything that was begun is lifted."""
    while not ending.is_set():
        for action, districts in ((Action.ISSUE, []), (Action.REVISE, ["一丁目"]), (Action.LIFT, [])):
            verdict = await town.order(action, districts=districts)
            assert verdict.accepted, f"{town.short}, {action}: {verdict.code}: {verdict.text}"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause_s)


async def lifts_all_day(town: Town, witness: Witness, ending: asyncio.Event) -> None:
    """Lift whatever the town's policy ordered, until told to end: so that it may order again."""
    while not ending.is_set():
        newest = [order for order in witness.of(Order) if order.municipality == town.code][-1:]
        if newest and newest[0].in_force:
            await town.order(Action.LIFT)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), 0.5)


def landslide_policy(municipality: str) -> Policy:
    """LS-4a in all of the municipality: 避難指示 without asking anybody."""
    note = "LS-4a → 避難指示"
    return Policy(
        id=content_id("policy", municipality, note),
        municipality=municipality,
        hazard=Hazard.LANDSLIDE,
        rules=("LS-4a",),
        areas=tuple(area for area, found in areas().items() if found.municipality == municipality),
        order_type=OrderType.EVACUATION_ORDER,
        level=4,
        districts=(),
        texts=(
            Text("ja", "【警戒レベル４ 避難指示】", "全員、安全な場所へ避難してください。"),
            Text("ja-easy", "【レベル４】みんな にげてください", "あぶないです。みんな にげてください。"),
            Text("en", "Alert Level 4: Evacuation Order", "Everyone: leave now for a safe place."),
        ),
        deliver_minutes=30,
        valid_until=now_utc().replace(year=now_utc().year + 1),
        note=note,
    )
