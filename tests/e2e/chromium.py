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

    async def press(self, key: str) -> None:
        """One key of the keyboard, by its DOM name: Tab, Enter, " "."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key)
        known = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    async def another(self) -> "Page":
        """A second tab of this browser."""
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self._socket, attached["sessionId"], self._numbers)
        for domain in ("Page", "Runtime"):
            await page.call(f"{domain}.enable")
        return page

    async def inside(self, kind: str) -> "Page":
        """Another target of this browser, such as its service worker: evaluates there."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                infos = (await self.call("Target.getTargets"))["targetInfos"]
                if found := [info["targetId"] for info in infos if info["type"] == kind]:
                    break
                await asyncio.sleep(0.1)
        attached = await self.call("Target.attachToTarget", targetId=found[0], flatten=True)
        return Page(self._socket, attached["sessionId"], self._numbers)

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
async def browser(folder: Path, *flags: str) -> AsyncIterator[Page]:
    """A browser over a profile's folder, with one tab; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "stderr.log"  # a pipe that nobody reads would fill and stop the browser
    process = await _started(folder, flags, log)
    try:
        async with connect(await _address(process, log), max_size=None) as socket:
            yield await _tab(socket)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _started(folder: Path, flags: tuple[str, ...], log: Path) -> asyncio.subprocess.Process:
    path = installed()
    assert path is not None
    with log.open("wb") as stderr:
        return await asyncio.create_subprocess_exec(
            path,
            *FLAGS,
            *flags,
            f"--user-data-dir={folder}",
            "about:blank",
            stderr=stderr,
            stdout=asyncio.subprocess.DEVNULL,
        )


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    async with asyncio.timeout(ANSWER_S):
        while process.returncode is None:
            for line in log.read_text(encoding="utf8", errors="replace").splitlines():
                _, found, address = line.partition("DevTools listening on ")
                if found:
                    return address.strip()
            await asyncio.sleep(0.05)
    raise RuntimeError(f"the browser ended before it listened: see {log}")


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
