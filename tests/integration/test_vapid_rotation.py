"""VAPID keys change under a running order: each device is sent to under the key that it subscribed with."""

import pytest

from local.devices import Behaviour
from notifier.webpush.keys import VapidKey, from_b64url, new_vapid_key
from schemas.records.delivered import End
from tests.deliveries import an_entry
from tests.integration.delivery_rig import Line, fresh_order, working_line
from tests.integration.index_rig import index_entries
from tests.integration.notifier_rig import KEY

pytestmark = pytest.mark.kafka


async def _subscribed_under(line: Line, key: VapidKey) -> str:
    """A device whose push service accepts this key only."""
    at = f"{line.service.address}/push/{{}}".format
    (made,) = line.service.devices.make(1, key.public_text, "ja", Behaviour(), at)
    keys = made["subscription"]["keys"]
    p256dh, auth = from_b64url(keys["p256dh"]), from_b64url(keys["auth"])
    entry = an_entry(made["id"], made["subscription"]["endpoint"], p256dh, auth, key.key_id, "ja", False)
    await index_entries(line.redis, line.settings.namespace, [entry])
    return entry.subscriber


async def test_old_and_new_subscribers_are_both_reached(kafka: str, redis_url: str, namespace: str) -> None:
    """Old ones under the former key, new ones under the present; who subscribed under a key that was thrown away ends
    as our fault, which alarms, and is not erased."""
    fresh, lost = new_vapid_key(), VapidKey.of(new_vapid_key())
    async with working_line(kafka, redis_url, namespace, vapid_key=fresh, vapid_keys_old=KEY) as line:
        old, new, orphan = [await _subscribed_under(line, key) for key in (VapidKey.of(KEY), VapidKey.of(fresh), lost)]
        order = fresh_order()
        await line.newest(order)
        await line.send(order, [old, new, orphan])
        ends = await line.ends(order, 3)
    assert {name: end.end for name, end in ends.items()} == {
        old: End.ACCEPTED,
        new: End.ACCEPTED,
        orphan: End.FAILED,
    }
    assert [len(line.device(name).browser.screen) for name in (old, new, orphan)] == [1, 1, 0]
    assert "SONAE_VAPID_KEY" in (ends[orphan].detail or "")
