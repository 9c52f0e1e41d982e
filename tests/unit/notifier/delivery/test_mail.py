"""Where a tap leads."""

import pytest

from notifier.delivery.mail import Links
from tests.deliveries import a_call, a_job, an_order


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("https://sonae.example.jp/public", "https://sonae.example.jp/orders/" + "0d" * 16),
        ("https://sonae.example.jp", "https://sonae.example.jp/orders/" + "0d" * 16),
        ("https://city.example.jp/sonae/public", "https://city.example.jp/sonae/orders/" + "0d" * 16),
    ],
)
def test_an_orders_page_lies_beside_the_residents_page(page: str, leads_to: str) -> None:
    """`/orders/<id>`, under whatever path the town hall serves it."""
    assert Links(page, "https://desk.example.jp").of(a_job(an_order())) == leads_to


@pytest.mark.parametrize("desk", ["https://desk.example.jp", "https://desk.example.jp/"])
def test_a_call_leads_to_its_page_on_the_desk(desk: str) -> None:
    """Where the officer acknowledges and acts."""
    call = a_call()
    assert Links("https://sonae.example.jp", desk).of(a_job(call)) == f"https://desk.example.jp/calls/{call.id}"
