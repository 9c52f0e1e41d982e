"""A real Firefox ESR, driven over WebDriver BiDi: pages and scripts; closed and opened again with its profile."""

import asyncio
import base64
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
ANSWER_S = 30.0
PREFS: dict[str, bool | int | str] = {
    # Without these the push service is neither asked nor believed, or a notification hangs.
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.connection.enabled": True,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,
    "dom.webnotifications.requireinteraction.count": 1000,
    # Nothing of this browser looks for the network.
    "app.update.enabled": False,
    "browser.aboutConfig.showWarning": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


def installed() -> str | None:
    """The browser's path, or None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Firefox:
    """One browser with one tab, over a profile that outlives it."""

    def __init__(self, profile: Path, push_server: str, language: str = "ja") -> None:
        self._profile = profile
        self._prefs = PREFS | {"dom.push.serverURL": push_server, "intl.accept_languages": language}
        self._process: asyncio.subprocess.Process | None = None
        self._socket: ClientConnection | None = None
        self._context = ""
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Begin, with a blank tab."""
        path = installed()
        assert path is not None
        self._profile.mkdir(parents=True, exist_ok=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in self._prefs.items()]
        (self._profile / "user.js").write_text("\n".join(lines), encoding="utf8")
        self._process = await asyncio.create_subprocess_exec(
            path, "--headless", "--no-remote", "--profile", str(self._profile), "--remote-debugging-port", "0",
            stderr=(log := (self._profile / "stderr.log").open("wb")), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        log.close()
        self._socket = await connect(f"{await _address(self._process, Path(log.name))}/session", max_size=None)
        await self._call("session.new", capabilities={})
        tree = await self._call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def stop(self) -> None:
        """End the browser as a person does; its profile stays."""
        if self._socket is not None:
            await self._socket.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""
        await self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def eval(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        wrapped = f"Promise.resolve({script}).then(value => JSON.stringify(value === undefined ? null : value))"
        answer = await self._call(
            "script.evaluate", expression=wrapped, awaitPromise=True, userActivation=True,
            target={"context": self._context},
        )  # fmt: skip
        if answer["type"] != "success":
            raise RuntimeError(f"{script}: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    async def shoot(self, path: Path, width: int) -> None:
        """A picture of the whole page at a width."""
        viewport = {"width": width, "height": 900}
        await self._call("browsingContext.setViewport", context=self._context, viewport=viewport)
        shot = await self._call("browsingContext.captureScreenshot", context=self._context, origin="document")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        assert self._socket is not None
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(ANSWER_S):
            while True:
                message = json.loads(await self._socket.recv())
                if message.get("id") != number:
                    continue
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    async with asyncio.timeout(ANSWER_S):
        while process.returncode is None:
            for line in log.read_text(encoding="utf8", errors="replace").splitlines():
                _, found, address = line.partition("WebDriver BiDi listening on ")
                if found:
                    return address.strip()
            await asyncio.sleep(0.05)
    raise RuntimeError(f"the browser ended before it listened: see {log}")
