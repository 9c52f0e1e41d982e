"""The files of a world: feeds that list each order once, signatures that hold, and repeats that change nothing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from capvalidator import check_signature
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.cap.parse import Reader
from notifier.cap.alert import Issuer
from notifier.cap.book import Book
from notifier.cap.feed import feed_of
from notifier.cap.lalert import lalert_of
from notifier.cap.sign import BadSigner, Signer
from notifier.cap.site import feeds_of, files_of_order
from schemas.records.base import Origin, World
from schemas.records.decided import Order
from tests.unit.connectors.cap import test_signature as keys
from tests.unit.connectors.cap.messages import heard
from tests.unit.connectors.writing import AT, KANAGAWA
from tests.unit.notifier.cap.orders import FIRST, LIFTED, NOW, RAISED

ISSUER = Issuer("bosai.pref.example", "https://bosai.pref.example")
OTHER = replace(FIRST, id="zz", municipality="14204", municipality_name="鎌倉市", made_at=NOW + timedelta(hours=1))


@pytest.fixture(scope="module")
def office() -> keys.Signer:
    """A key with its certificate."""
    return keys.Signer("office", AT + timedelta(days=36_500))


@pytest.fixture(scope="module")
def signer(office: keys.Signer, tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Ours, from files as an operator gives them."""
    return Signer.load(*written_keys(office, tmp_path_factory.mktemp("keys")))


def written_keys(office: keys.Signer, folder: Path) -> tuple[Path, Path]:
    """Key and certificate as PEM files."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(office.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    certificate.write_bytes(office.pem)
    return key, certificate


def book_of(*orders: Order, world: World = World.ACTUAL) -> Book:
    """All of them taken."""
    book = Book(world)
    for order in orders:
        book.take(order)
    return book


def feeds(book: Book) -> dict[str, feedparser.FeedParserDict]:
    """Both feeds, as an independent parser reads them."""
    return {name: feedparser.parse(content) for name, content in feeds_of(book, ISSUER, None, NOW)}


def test_current_and_past_each_order_once() -> None:
    """An order as it stands: the raised one is one entry, the lifted one is in the past."""
    found = feeds(book_of(FIRST, RAISED, OTHER))
    assert [entry.id.rsplit(":", 1)[1] for entry in found["alerts.atom"].entries] == ["zz-1", "f1a2b3-2"]
    assert found["alerts-past.atom"].entries == []
    found = feeds(book_of(FIRST, RAISED, OTHER, LIFTED))
    assert [entry.id.rsplit(":", 1)[1] for entry in found["alerts.atom"].entries] == ["zz-1"]
    (over,) = found["alerts-past.atom"].entries
    assert over.id.endswith("f1a2b3-3")
    assert not any(feed.bozo for feed in found.values())


@pytest.mark.parametrize("orders", [(FIRST,), (FIRST, RAISED), (FIRST, RAISED, LIFTED)])
def test_a_process_that_starts_again_writes_the_same(orders: tuple[Order, ...]) -> None:
    """An hour later, too; a feed that became empty says since when."""
    book = book_of(*orders)
    assert dict(feeds_of(book, ISSUER, None, NOW)) == dict(feeds_of(book, ISSUER, None, NOW + timedelta(hours=1)))
    assert {feed.feed.updated_parsed for feed in feeds(book).values()} == {orders[-1].made_at.utctimetuple()}


def test_each_entry_leads_to_a_file_that_is_there() -> None:
    """The link's path is a file of the order's."""
    book = book_of(FIRST, RAISED)
    files = dict(files_of_order(book, FIRST.id, ISSUER, None))
    (entry,) = feeds(book)["alerts.atom"].entries
    (link,) = [link.href for link in entry.links if link.rel == "alternate"]
    assert link.removeprefix("https://bosai.pref.example/") in files
    assert set(files) == {
        f"{kind}/f1a2b3-{n}.{end}" for kind, end in (("cap", "xml"), ("lalert", "json")) for n in (1, 2)
    }


def test_a_drills_files_lie_elsewhere() -> None:
    """In a folder of their world, marked in every title."""
    book = book_of(replace(FIRST, world=World.EXERCISE), world=World.EXERCISE)
    names = {name for name, _ in files_of_order(book, FIRST.id, ISSUER, None)} | feeds(book).keys()
    assert all(name.startswith("exercise/") for name in names)
    feed = feeds(book)["exercise/alerts.atom"]
    assert feed.feed.title.startswith("【訓練】")
    assert all(entry.title.startswith("【訓練】") for entry in feed.entries)


def test_signatures_hold_for_others_and_for_us(office: keys.Signer, signer: Signer) -> None:
    """An independent validator and our connector accept it; one changed letter, and neither does."""
    files = dict(files_of_order(book_of(FIRST), FIRST.id, ISSUER, signer))
    xml = files["cap/f1a2b3-1.xml"]
    reader = Reader(KANAGAWA, (office.certificate,))
    assert check_signature(xml).passed
    assert heard(xml, reader=reader).bulletins
    forged = xml.replace("避難指示".encode(), "避難解除".encode())
    assert not check_signature(forged).passed
    assert heard(forged, reader=reader).parked


def test_the_feeds_are_signed(signer: Signer) -> None:
    """As RFC 4287 §5.1 has it: an enveloped signature on the feed."""
    for _, content in feeds_of(book_of(FIRST), ISSUER, signer, NOW):
        assert etree.fromstring(content)[-1].tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"
        assert check_signature(content).passed


def test_a_key_that_does_not_fit_is_refused(office: keys.Signer, tmp_path: Path) -> None:
    """With a sentence, before anything is written."""
    key, certificate = written_keys(office, tmp_path)
    certificate.write_bytes(keys.Signer("stranger").pem)
    with pytest.raises(BadSigner, match="not the certificate"):
        Signer.load(key, certificate)
    with pytest.raises(BadSigner, match="two PEM files"):
        Signer.load(tmp_path / "nothing.pem", certificate)


RECORDS = (FIRST, replace(FIRST, halted=True), RAISED, replace(RAISED, halted=True), LIFTED)


@given(st.lists(st.sampled_from(RECORDS), max_size=12))
def test_repeats_change_nothing(again: list[Order]) -> None:
    """Whatever comes again after the whole story leaves the same files."""
    book = book_of(*RECORDS)
    before = dict(files_of_order(book, FIRST.id, ISSUER, None))
    for order in again:
        assert not book.take(replace(order, made_at=order.made_at + timedelta(seconds=3)))
    assert dict(files_of_order(book, FIRST.id, ISSUER, None)) == before


def test_a_repeat_with_other_times_does_not_change_what_was_said() -> None:
    """The first record of a revision counts: its time is part of other messages' references."""
    book = book_of(FIRST, replace(FIRST, made_at=NOW + timedelta(seconds=9)))
    assert book.history(FIRST.id)[0].made_at == NOW


def test_lalert_keeps_the_document_and_raises_its_revision() -> None:
    """docs/lalert.md: an update keeps documentID and raises the revision; IssueOrLift says which of both it is."""
    first, raised, lifted = (lalert_of(part) for part in ((FIRST,), (FIRST, RAISED), (FIRST, RAISED, LIFTED)))
    document, revision = "pcx_ib:Head/commons:documentID", "pcx_ib:Head/commons:documentRevision"
    assert len({one[document] for one in (first, raised, lifted)}) == 1
    assert [one[revision] for one in (first, raised, lifted)] == [1, 2, 3]
    detail = "pcx_ev:EvacuationOrder/pcx_ev:Detail/pcx_ev:"
    assert [one[f"{detail}IssueOrLift"] for one in (first, raised, lifted)] == ["発令", "発令", "解除"]
    assert [one[f"{detail}Sort"] for one in (first, raised)] == ["避難指示", "緊急安全確保"]
    assert [one["edxlde:distributionType"] for one in (first, raised, lifted)] == ["Report", "Update", "Update"]
    assert first["commons:targetArea/commons:jisX0402"] == "142051"
    assert len({one["edxlde:distributionID"] for one in (first, raised, lifted)}) == 3


def test_a_replay_says_so_in_the_feed_and_for_l_alert() -> None:
    """Before the feed's title and each entry's, in the category, and in L-Alert's status and lines."""
    order = replace(FIRST, origin=Origin.REPLAY)
    feed = feed_of("alerts", World.ACTUAL, [order], Issuer("sonae.example.jp", "https://sonae.example.jp"), NOW)
    assert all((one.text or "").startswith("【再生】") for one in feed.iter("{*}title"))
    assert [one.get("term") for one in feed.iter("{*}category")] == ["Test"]
    found = lalert_of((order,))
    assert found["edxlde:distributionStatus"] == "Test"
    assert all(line.startswith("【再生】") for line in found["pcx_ib:Head/pcx_ib:Headline/pcx_ib:Text"].splitlines())


@pytest.mark.parametrize("world", [World.EXERCISE, World.TEST])
def test_lalert_of_a_drill_says_so(world: World) -> None:
    """In its status and on every line."""
    found = lalert_of((replace(FIRST, world=world),))
    lines = found["pcx_ib:Head/pcx_ib:Headline/pcx_ib:Text"].splitlines()
    assert all(line.startswith({World.EXERCISE: "【訓練】", World.TEST: "【試験】"}[world]) for line in lines)
    assert found["edxlde:distributionStatus"] == {World.EXERCISE: "Exercise", World.TEST: "Test"}[world]
