"""The server of the public folder, asked as a browser asks: what it gives, hides, and says when empty."""

import gzip
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from console.public.pages import application
from console.settings import PublicSettings
from schemas.process.health import Health

INDEX = ("<!doctype html><title>発令中</title>" + "避難情報" * 200).encode()


def client(root: Path, **settings: str) -> httpx.AsyncClient:
    """A browser at this folder's door."""
    app = application(PublicSettings.model_validate({"public_dir": root} | settings), Health())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://pages")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small folder of pages, with a secret beside it."""
    made = tmp_path / "public"
    files = {
        "index.html": INDEX,
        "404.html": b"<h1>no such page</h1>",
        "en/index.html": b"<h1>orders</h1>",
        "orders/o1.html": b"<h1>o1</h1>",
        "orders.json": b'{"orders": []}',
        "sw.js": b"self",
        "static/fresh.js": b"'use strict';",
        "resident/manifest.webmanifest": b"{}",
        ".publisher": b"",
    }
    for path, content in files.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    (made / "leak.txt").symlink_to(tmp_path / "secret.txt")
    return made


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/en/", "text/html; charset=utf-8"),
        ("/orders/o1.html", "text/html; charset=utf-8"),
        ("/orders.json", "application/json"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/resident/manifest.webmanifest", "application/manifest+json"),
    ],
)
async def test_each_file_has_its_type_and_the_headers_that_keep_it_safe(root: Path, path: str, kind: str) -> None:
    """A browser may run our own scripts and nothing else, and may show a page while the server is gone."""
    async with client(root, api_public_url="https://api.sonae.example/v1") as browser:
        answer = await browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "connect-src 'self' https://api.sonae.example;" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    expected = "no-cache" if path in {"/sw.js", "/resident/manifest.webmanifest"} else "stale-if-error=86400"
    assert expected in answer.headers["cache-control"]


async def test_an_unchanged_page_costs_no_bytes(root: Path) -> None:
    """By its tag, else by its time; a changed one comes whole."""
    async with client(root) as browser:
        first = await browser.get("/")
        tag, changed = first.headers["etag"], first.headers["last-modified"]
        assert (await browser.get("/", headers={"If-None-Match": f'W/{tag}, "x"'})).status_code == 304
        assert (await browser.get("/", headers={"If-Modified-Since": changed})).status_code == 304
        assert (await browser.get("/", headers={"If-Modified-Since": "yesterday"})).status_code == 200
        assert (await browser.get("/", headers={"If-Modified-Since": formatdate(0, usegmt=True)})).status_code == 200
        (root / "index.html").write_bytes(INDEX + b"!")
        newer = await browser.get("/", headers={"If-None-Match": tag})
    assert (newer.status_code, newer.content) == (200, INDEX + b"!")


async def test_pages_travel_packed_to_who_can_unpack(root: Path) -> None:
    """And plain to who cannot."""
    async with client(root) as browser:
        async with browser.stream("GET", "/", headers={"Accept-Encoding": "br, gzip"}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        plain = await browser.get("/", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == INDEX
    assert len(raw) < len(INDEX) / 5
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"


async def test_head_has_no_body_and_nothing_can_be_changed(root: Path) -> None:
    """Only GET and HEAD."""
    async with client(root) as browser:
        assert (await browser.head("/")).content == b""
        for method in ("POST", "PUT", "DELETE"):
            assert (await browser.request(method, "/index.html")).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/en/..%2f..%2fsecret.txt",
        "/en/../../secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/..%5csecret.txt",
        "/leak.txt",
        "/.publisher",
        "/orders/.o1.html.new",
        "/index.html%00.txt",
        "/orders/",
        "/none.html",
    ],
)
async def test_nothing_outside_of_the_folder_is_given(root: Path, path: str) -> None:
    """Neither by dots, encodings, links nor hidden names."""
    async with client(root) as browser:
        answer = await browser.get(httpx.URL("http://pages").copy_with(raw_path=path.encode()))
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert "no such page" in answer.text


async def test_old_addresses_lead_on(root: Path) -> None:
    """A folder without its slash, an order without its ending; never to another host."""
    async with client(root) as browser:
        assert (await browser.get("/en")).headers["location"] == "/en/"
        assert (await browser.get("/orders/o1")).headers["location"] == "/orders/o1.html"
        assert (await browser.get(httpx.URL("http://pages").copy_with(raw_path=b"//evil.example"))).status_code == 404


async def test_other_sites_may_read_the_data_and_not_the_pages(root: Path) -> None:
    """orders.json is for everybody's pages."""
    async with client(root) as browser:
        assert (await browser.get("/orders.json")).headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in (await browser.get("/")).headers


async def test_without_pages_it_says_that_this_is_not_an_all_clear(tmp_path: Path) -> None:
    """No folder, or one that nobody wrote to yet: 503, and alive."""
    for folder in (tmp_path / "missing", tmp_path):
        async with client(folder) as browser:
            answer = await browser.get("/")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "発令がないという意味ではありません" in answer.text
            assert answer.headers["cache-control"] == "no-store"
            assert (await browser.get("/healthz")).status_code == 200
            assert (await browser.get("/readyz")).status_code == 503
