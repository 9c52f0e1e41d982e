"""Where a webhook may go: never into our own network, whatever a name or a redirect says."""

import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webhooks.post import HttpPoster, objection
from tests.integration.odd_server import never, odd_server, reply


class Names(AbstractResolver):
    """A name server of a test: every name leads to these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The same for all."""
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.jp/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.5/",
        "https://192.0.2.1/",
    ],
)
def test_an_address_that_we_never_call(url: str) -> None:
    """Without TLS, this machine, or an address without a name."""
    assert objection(url, local=False)


def test_a_local_set_up_may_call_itself() -> None:
    """And nobody else without TLS."""
    assert objection("http://127.0.0.1:8000/hook", local=True) is None
    assert objection("http://partner.example.jp/", local=True)
    assert objection("https://partner.example.jp/hook", local=False) is None


@pytest.mark.parametrize(
    "addresses",
    [
        *(("127.0.0.1",), ("10.1.2.3",), ("169.254.169.254",), ("::1",), ("fd00::1",), ("::ffff:10.0.0.1",)),
        *(("64:ff9b::a00:1",), ("2002:a00:1::1",), ("0.0.0.0",), ("224.0.0.1",), ("100.64.0.1",)),
        ("8.8.8.8", "10.0.0.1"),
    ],
)
async def test_a_name_that_leads_into_our_network_is_refused(addresses: tuple[str, ...]) -> None:
    """Looked at when connecting: also a name that led elsewhere yesterday, or today only sometimes."""
    poster = HttpPoster(local=False, resolver=Names(*addresses))
    answer = await poster.post("https://partner.example.jp/hook", {}, b"{}")
    await poster.close()
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.FORBIDDEN


@pytest.fixture
async def poster() -> AsyncIterator[HttpPoster]:
    """Of a local set-up, in a hurry."""
    made = HttpPoster(local=True, timeout_s=0.3)
    yield made
    await made.close()


async def test_no_redirect_is_followed(poster: HttpPoster) -> None:
    """Its target is never asked."""
    async with odd_server({"/hook": [reply(b"", "302 Found", location="/elsewhere")]}) as server:
        answer = await poster.post(f"{server.address}/hook", {}, b"{}")
        assert isinstance(answer, Answer)
        assert answer.status == 302
        assert list(server.asked) == ["/hook"]


async def test_who_never_answers_is_left(poster: HttpPoster) -> None:
    """At the deadline."""
    async with odd_server({"/hook": [never()]}) as server:
        answer = await poster.post(f"{server.address}/hook", {}, b"{}")
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.TIMEOUT


async def test_no_fault_shows_the_address(poster: HttpPoster, free_port: Callable[[], int]) -> None:
    """A URL may hold a token."""
    answer = await poster.post(f"http://127.0.0.1:{free_port()}/secret-token", {}, b"{}")
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.UNREACHABLE
    assert "secret" not in answer.detail
