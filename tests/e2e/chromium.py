"""A real Chromium, driven over the DevTools protocol: pages at a width, what they say, screenshots."""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)
ANSWER_S = 30.0


def installed() -> str | None:
    """The browser's path, or None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection, session: str, numbers: "itertools.count[int]") -> None:
        self._socket, self._session, self._numbers = socket, session, numbers
        self.errors: list[str] = []
        self.registrations: list[str] = []
        self._events: list[str] = []

    async def size(self, width: int, height: int = 900, dark: bool = False) -> None:
        """The window, and the colour scheme that the reader prefers."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""
        await self._loads(self.call("Page.navigate", url=url))

    async def submit(self, script: str) -> None:
        """Run a script that leaves the page (a click on a button), and wait for the next one."""
        await self._loads(self.eval(script))

    async def _loads(self, leaving: Any) -> None:
        self._events.clear()
        await leaving
        async with asyncio.timeout(ANSWER_S):
            while "Page.loadEventFired" not in self._events:
                await self._hear()

    async def eval(self, script: str) -> Any:
        """The value of a script's last expression."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def text(self) -> str:
        """All that a reader sees."""
        found: str = await self.eval("document.body.innerText")
        return found

    async def until(self, script: str, seconds: float = 10.0) -> Any:
        """Wait until a script is true in the page."""
        async with asyncio.timeout(seconds):
            while not (found := await self.eval(script)):  # noqa: ASYNC110 -- the page sets no event of ours
                await asyncio.sleep(0.1)
        return found

    async def worker(self, registering: str) -> str:
        """Register a service worker by this script and wait until it is activated; its registration's id."""
        await self.call("ServiceWorker.enable")
        await self.eval(registering)
        async with asyncio.timeout(ANSWER_S):
            while not self.registrations:
                await self._hear()
        return self.registrations[-1]

    async def shoot(self, path: Path) -> None:
        """A picture of the whole page."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One DevTools command."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": params, "sessionId": self._session}
        await self._socket.send(json.dumps(command))
        async with asyncio.timeout(ANSWER_S):
            while True:
                message = await self._hear()
                if message.get("id") == number:
                    if "error" in message:
                        raise RuntimeError(f"{method}: {message['error']}")
                    result: dict[str, Any] = message["result"]
                    return result

    async def _hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._socket.recv())
        method = message.get("method")
        if method:
            self._events.append(method)
        if method == "ServiceWorker.workerRegistrationUpdated":
            self.registrations += [row["registrationId"] for row in message["params"]["registrations"]]
        if method in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.errors.append(json.dumps(message["params"], ensure_ascii=False)[:500])
        return message


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A fresh browser with one tab; it ends with the block."""
    path = installed()
    assert path is not None
    process = await asyncio.create_subprocess_exec(
        path,
        *FLAGS,
        f"--user-data-dir={folder}",
        "about:blank",
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with connect(await _address(process), max_size=None) as socket:
            page = await _tab(socket)
            yield page
    finally:
        process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(ANSWER_S):
        async for line in process.stderr:
            _, found, address = line.decode(errors="replace").partition("DevTools listening on ")
            if found:
                return address.strip()
    raise RuntimeError("the browser ended before it listened")


async def _tab(socket: ClientConnection) -> Page:
    numbers = itertools.count(1)
    await socket.send(
        json.dumps({"id": next(numbers), "method": "Target.createTarget", "params": {"url": "about:blank"}})
    )
    target = (await _answer(socket))["targetId"]
    attach = {"targetId": target, "flatten": True}
    await socket.send(json.dumps({"id": next(numbers), "method": "Target.attachToTarget", "params": attach}))
    page = Page(socket, (await _answer(socket))["sessionId"], numbers)
    for domain in ("Page", "Runtime", "Log"):
        await page.call(f"{domain}.enable")
    return page


async def _answer(socket: ClientConnection) -> dict[str, Any]:
    while True:
        message = json.loads(await socket.recv())
        if "result" in message:
            result: dict[str, Any] = message["result"]
            return result
