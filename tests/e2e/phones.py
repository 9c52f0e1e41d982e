"""A resident's phone, whichever browser it runs: pages, notifications; switched off and on; its push service."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.e2e import chromium, firefox
from tests.e2e.autopush import Autopush, autopush
from tests.e2e.firefox import Firefox
from tests.e2e.gcm import Gcm, gcm
from tests.e2e.mailbox import Mailbox

PATIENCE_S = 30.0
NOTIFICATIONS = """navigator.serviceWorker.getRegistration('/').then(found => found.getNotifications()).then(all =>
  all.map(one => Object.fromEntries(FIELDS.map(name => [name, one[name]]))))""".replace(
    "FIELDS", "['title', 'body', 'tag', 'lang', 'requireInteraction', 'data']"
)
REMEMBERED = """new Promise((done, failed) => {
  const opening = indexedDB.open('sonae');
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const asking = opening.result.transaction('kept').objectStore('kept').get(KEY);
    asking.onsuccess = () => { opening.result.close(); done(asking.result ?? null); };
  };
})"""


class Phone(Protocol):
    """One browser over a profile that outlives it."""

    name: str
    mailbox: Mailbox

    async def start(self) -> None:
        """Switch it on, with a blank page."""

    async def stop(self) -> None:
        """Switch it off."""

    async def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""

    async def eval(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""

    async def shoot(self, path: Path, width: int) -> None:
        """A picture of the whole page at a width."""

    def reachable(self, endpoint: str) -> str:
        """The endpoint of a subscription as it can be reached on this machine."""


class FirefoxPhone:
    """Firefox ESR and the stand-in for Mozilla's push service."""

    name = "firefox"

    def __init__(self, folder: Path, service: Autopush) -> None:
        self.mailbox = service.mailbox
        self.service = service
        self._browser = Firefox(folder, service.address)
        self.start, self.stop = self._browser.start, self._browser.stop
        self.open, self.eval, self.shoot = self._browser.open, self._browser.eval, self._browser.shoot

    def reachable(self, endpoint: str) -> str:
        """It is one of this machine's already."""
        return endpoint


class ChromiumPhone:
    """Chromium and the stand-in for Google's cloud messaging. `origin` may show notifications, as its profile says."""

    name = "chromium"

    def __init__(self, folder: Path, service: Gcm, origin: str) -> None:
        self.mailbox = service.mailbox
        self._folder, self._service = folder, service
        self._page: chromium.Page | None = None
        self._running = AsyncExitStack()
        allowed = {"notifications": {f"{origin},*": {"setting": 1}}}
        preferences = {"profile": {"content_settings": {"exceptions": allowed}}}
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf8")

    async def start(self) -> None:
        """Begin, with a blank tab."""
        self._page = await self._running.enter_async_context(chromium.browser(self._folder, *self._service.flags()))

    async def stop(self) -> None:
        """End the browser as a person does; its profile stays."""
        await self._running.aclose()

    async def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""
        assert self._page is not None
        await self._page.open(url)

    async def eval(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        assert self._page is not None
        return await self._page.eval(script)

    async def shoot(self, path: Path, width: int) -> None:
        """A picture of the whole page at a width."""
        assert self._page is not None
        await self._page.size(width)
        await self._page.shoot(path)

    def reachable(self, endpoint: str) -> str:
        """Chromium's own host, and our stand-in for it."""
        return self._service.moved(endpoint)


@asynccontextmanager
async def phones(folder: Path, origin: str) -> AsyncIterator[list[Phone]]:
    """Every phone whose browser is installed, switched off; their push services run for the length of the block."""
    async with AsyncExitStack() as running:
        made: list[Phone] = []
        if firefox.installed():
            made.append(FirefoxPhone(folder / "firefox", await running.enter_async_context(autopush())))
        if chromium.installed():
            made.append(ChromiumPhone(folder / "chromium", await running.enter_async_context(gcm(folder)), origin))
        for phone in made:
            running.push_async_callback(phone.stop)
        yield made


async def until(phone: Phone, script: str, what: str) -> Any:
    """Wait until an expression is true in the phone's page."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await phone.eval(script)):  # noqa: ASYNC110 -- the page sets no event of ours
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(f"{phone.name}: within {PATIENCE_S:.0f} s: {what}") from error
    return found


async def shown(phone: Phone, order_id: str, revision: int) -> list[dict[str, Any]]:
    """All notifications on the screen, once the worker has shown this revision of an order.

    Asked for earlier, Chromium forgets the one that it is about to show, so the worker's own note is waited for.
    """
    note = REMEMBERED.replace("KEY", "'order'")
    here = f"({note}).then(one => one && one.id === '{order_id}' && one.rev >= {revision})"
    await until(phone, here, f"revision {revision} of {order_id} shown")
    found: list[dict[str, Any]] = await phone.eval(NOTIFICATIONS)
    return found
