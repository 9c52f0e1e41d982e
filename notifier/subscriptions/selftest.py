"""A push that a resident sends to themselves: by the same encryption and transport as an order, marked as a test.

One try, answered as the push service answered: whoever looks at the page wants to know what happened.
"""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.outcome import Answer, NetworkFault
from notifier.subscriptions.profile import Profile
from notifier.webpush.encrypt import Receiver, encrypt
from notifier.webpush.keys import VapidTokens
from notifier.webpush.send import head_of, ttl_of
from notifier.webpush.transport import Head, Post, Transport, objection, origin_of, target_of
from schemas.levels import marked
from schemas.records.base import World

TOPIC = "selftest"
LIFE = timedelta(minutes=2)
"""A test that comes later than that tells nobody anything."""

_WORDS = {
    "ja": ("通知の確認", "これは試験です。この端末に通知が届きます。避難の必要はありません。"),
    "ja-easy": ("テストです", "これは テストです。お知らせが とどきます。にげなくて いいです。"),
    "en": ("TEST: notification check", "This is a test. Notifications reach this device. No need to evacuate."),
    "zh": ("测试：通知确认", "这是测试。本设备可以收到通知。无需避难。"),
    "ko": ("시험: 알림 확인", "이것은 시험입니다. 이 기기로 알림이 옵니다. 피난할 필요는 없습니다."),
    "vi": ("THỬ NGHIỆM: kiểm tra thông báo", "Đây là thử nghiệm. Máy này nhận được thông báo. Không cần đi lánh nạn."),
    "pt": ("TESTE: verificação de avisos", "Isto é um teste. Os avisos chegam a este aparelho. Não é preciso evacuar."),
    "tl": ("PAGSUBOK: pagsuri ng abiso", "Pagsubok lamang. Dumarating ang mga abiso rito. Hindi kailangang lumikas."),
    "ne": ("परीक्षण: सूचना जाँच", "यो परीक्षण मात्र हो। यो उपकरणमा सूचना आउँछ। सुरक्षित ठाउँमा सर्नु पर्दैन।"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tester:
    """Sends tests. `page` is where a tap on one leads."""

    transport: Transport
    ring: Mapping[str, VapidTokens]
    page: str
    local: bool

    async def send(self, profile: Profile, now: datetime) -> tuple[str, Answer | NetworkFault | str]:
        """The test's id, and what came of it; a text says why nothing could be sent. `now` is real time."""
        name = uuid.uuid4().hex
        tokens = self.ring.get(profile.vapid_key_id)
        if tokens is None:
            return name, "this device subscribed under a key that is no longer ours: subscribe again"
        wrong = objection(profile.endpoint, self.local)
        if wrong is not None:
            return name, wrong
        origin = origin_of(profile.endpoint)
        head = head_of(tokens.authorization(origin, now), ttl_of(now + LIFE, now), True, TOPIC)
        body = encrypt(Receiver.of_raw(profile.p256dh, profile.auth), payload_of(profile, name, self.page, now))
        return name, await self._post(origin, Post(name, target_of(profile.endpoint), body), head)

    async def _post(self, origin: str, post: Post, head: Head) -> Answer | NetworkFault:
        heard: asyncio.Future[Answer | NetworkFault] = asyncio.get_running_loop().create_future()

        def hear(answers: list[tuple[object, Answer | NetworkFault]]) -> None:
            for _, answer in answers:
                if not heard.done():
                    heard.set_result(answer)

        self.transport.post(origin, head, [post], hear)
        return await heard


def payload_of(profile: Profile, name: str, page: str, now: datetime) -> bytes:
    """As orders' payloads (docs/delivery.md), of kind `selftest` and world `test`; every line is marked."""
    lang = profile.lang if profile.lang in _WORDS else "ja"
    title, body = (marked(World.TEST, words) for words in _WORDS[lang])
    known = {
        "v": 1, "kind": "selftest", "id": name, "rev": 1, "tag": TOPIC, "world": World.TEST, "title": title,
        "body": body, "lang": lang, "level": None, "url": page, "at": now.isoformat(), "urgent": False, "receipt": None,
    }  # fmt: skip
    if not profile.endpoint.startswith("https://web.push.apple.com/"):
        return json.dumps(known, ensure_ascii=False).encode()
    shown = {"title": title, "body": body, "lang": lang, "tag": TOPIC, "navigate": page, "silent": False, "data": known}
    return json.dumps({"web_push": 8030, "mutable": True, "notification": shown}, ensure_ascii=False).encode()
