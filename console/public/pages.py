"""`python -m console pages`: serves the folder of public pages, with nothing else needed: no Kafka, no Redis.

Any web server may serve the folder instead; this one says how old an answer may be, and what a browser may do with it.
"""

import gzip
import hashlib
import mimetypes
import os
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from uvicorn import Config

from console.settings import PublicSettings
from schemas.process.health import Health, QuietServer

INDEX, NOT_FOUND = "index.html", "404.html"
KEEP = "public, max-age=5, stale-while-revalidate=30, stale-if-error=86400"
ASK_FIRST = "no-cache"
LARGEST_KEPT, KEPT = 1 << 20, 1024
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".webmanifest": "application/manifest+json",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
OPEN_DATA = frozenset({".json", ".geojson", ".atom", ".xml"})
"""What other sites' pages may read, too."""
UNPACKED = frozenset({".png", ".jpg", ".woff2", ".gz"})
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), geolocation=(self)",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is sent: whole and packed, with the name of its content."""

    plain: bytes
    packed: bytes | None
    tag: str
    changed_at: float
    kind: str


class Pages:
    """Answers from a folder. A file outside of it, or one that begins with a dot, does not exist."""

    def __init__(self, root: Path, api_url: str) -> None:
        self._root = root
        self._policy = _policy(api_url)

    def routes(self) -> list[Route]:
        """Everything below the root."""
        return [Route("/{path:path}", self._answer, methods=["GET", "HEAD"])]

    async def ready(self) -> bool:
        """Whether there is a first page to show."""
        return (self._root / INDEX).is_file()

    async def _answer(self, request: Request) -> Response:
        if not self._root.is_dir() or not await self.ready():
            return self._dressed(Response(MISSING, 503, {"Retry-After": "5"}, TYPES[".html"]), "no-store")
        path = request.path_params["path"]
        found = self._find(path)
        if found is None and (moved := self._moved(path)):
            return self._dressed(RedirectResponse(moved, 308), KEEP)
        if found is None:
            return self._none()
        return self._send(request, _read(found), _age_of(path, found))

    def _find(self, path: str) -> Path | None:
        """The file behind a path; None for what does not exist, is hidden, or lies outside of the folder."""
        parts = PurePosixPath(path).parts
        if "\0" in path or "\\" in path or any(part.startswith((".", "/")) for part in parts):
            return None
        wanted = self._root / path
        wanted = wanted / INDEX if path == "" or path.endswith("/") else wanted
        try:
            real = wanted.resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return real if real.is_file() and real.is_relative_to(self._root.resolve()) else None

    def _moved(self, path: str) -> str | None:
        """A folder without its slash, or a page without its ending."""
        if self._find(f"{path}/"):
            return f"/{path}/"
        return f"/{path}.html" if path and not path.endswith("/") and self._find(f"{path}.html") else None

    def _none(self) -> Response:
        page = self._find(NOT_FOUND)
        return self._dressed(Response(page.read_bytes() if page else b"Not found", 404, None, TYPES[".html"]), KEEP)

    def _send(self, request: Request, kept: Kept, age: str) -> Response:
        headers = {
            "ETag": kept.tag,
            "Last-Modified": formatdate(kept.changed_at, usegmt=True),
            "Vary": "Accept-Encoding",
            "Content-Type": kept.kind,
        }
        if Path(request.path_params["path"]).suffix in OPEN_DATA:
            headers["Access-Control-Allow-Origin"] = "*"
        if _unchanged(request, kept):
            return self._dressed(Response(b"", 304, headers), age)
        packed = kept.packed if _takes_gzip(request) else None
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        return self._dressed(Response(kept.plain if packed is None else packed, 200, headers), age)

    def _dressed(self, response: Response, age: str) -> Response:
        response.headers.update(FIXED)
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["Cache-Control"] = age
        return response


def application(settings: PublicSettings, health: Health) -> Starlette:
    """The pages, and the process's own three."""
    pages = Pages(settings.public_dir, settings.api_public_url)
    health.checks["folder"] = pages.ready
    return Starlette(routes=[*health.routes(), *pages.routes()])


async def body(settings: PublicSettings, health: Health) -> None:
    """Serve until cancelled."""
    app = application(settings, health)
    config = Config(
        app, host=settings.host, port=settings.public_port, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    await QuietServer(config).serve()


def _read(path: Path) -> Kept:
    stands = path.stat()
    return _kept(path, stands.st_mtime_ns, stands.st_size, stands.st_ino)


@lru_cache(KEPT)
def _kept(path: Path, mtime_ns: int, _size: int, _inode: int) -> Kept:
    """Read, named and packed once for each version of a file."""
    plain = path.read_bytes()
    small = gzip.compress(plain, 6, mtime=0) if path.suffix not in UNPACKED and len(plain) <= LARGEST_KEPT else plain
    tag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Kept(plain, small if len(small) < len(plain) else None, tag, mtime_ns / 1e9, _kind(path))


def _kind(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(os.fspath(path))[0] or "application/octet-stream"


def _age_of(path: str, found: Path) -> str:
    """A service worker and its manifest are asked for anew each time; everything else may be a few seconds old."""
    return ASK_FIRST if path == "sw.js" or found.suffix == ".webmanifest" else KEEP


def _unchanged(request: Request, kept: Kept) -> bool:
    """RFC 9110 §13.1: the tag decides where one is given, else the time."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or kept.tag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    since = request.headers.get("if-modified-since")
    try:
        return since is not None and int(kept.changed_at) <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False


def _takes_gzip(request: Request) -> bool:
    coded = [part.replace(" ", "") for part in request.headers.get("accept-encoding", "").split(",")]
    return any(part.split(";")[0] == "gzip" and not part.endswith(("q=0", "q=0.0")) for part in coded)


def _policy(api_url: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; "
        f"worker-src 'self'; connect-src 'self' {_origin(api_url)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


MISSING = """<!doctype html><html lang="ja"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>準備中</title><h1>まだ表示できません</h1>
<p>避難情報のページがまだ作られていません。発令がないという意味ではありません。市町村の放送などを確かめてください。</p>
<p lang="en">The pages have not been written yet. This does not mean that no order is in force: check your
municipality's announcements.</p></html>"""
