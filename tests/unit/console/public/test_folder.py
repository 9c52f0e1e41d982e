"""Files of the public pages: whole or not at all, by one writer, and never poorer than before."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.public.folder import Busy, Emptier, Folder, check_nothing_is_taken_back
from schemas.records.base import World


def test_a_file_is_replaced_and_never_changed_in_place(tmp_path: Path) -> None:
    """Who has the old one open reads it to its end."""
    folder = Folder(tmp_path)
    folder.put({"orders/a.html": b"one"})
    with (tmp_path / "orders/a.html").open("rb") as reading:
        folder.put({"orders/a.html": b"second"})
        assert reading.read() == b"one"
    assert (tmp_path / "orders/a.html").read_bytes() == b"second"
    assert [path.name for path in (tmp_path / "orders").iterdir()] == ["a.html"]


def test_a_reader_sees_whole_files_only(tmp_path: Path) -> None:
    """While a page is written again and again, each read is one edition from beginning to end."""
    folder, page = Folder(tmp_path), tmp_path / "index.html"
    folder.put({"index.html": b"0" * 50_000})
    done = threading.Event()
    torn: list[bytes] = []

    def read() -> None:
        while not done.is_set():
            seen = page.read_bytes()
            if len(seen) != 50_000 or len(set(seen)) != 1:
                torn.append(seen)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        folder.put({"index.html": str(number % 10).encode() * 50_000})
    done.set()
    reader.join()
    assert torn == []


def test_what_stands_already_is_left_alone(tmp_path: Path) -> None:
    """A new process over the same pages touches none of them."""
    Folder(tmp_path).put({"a.html": b"same", "b.html": b"old"})
    before = (tmp_path / "a.html").stat().st_ino
    assert Folder(tmp_path).put({"a.html": b"same", "b.html": b"new"}) == 1
    assert (tmp_path / "a.html").stat().st_ino == before


def test_what_another_role_writes_is_offered_only_where_it_is_missing(tmp_path: Path) -> None:
    """The link test's status page stays; where no link test runs, ours says so."""
    assert Folder(tmp_path).offer("status.html", b"no link test here")
    (tmp_path / "status.html").write_bytes(b"all ways work")
    assert not Folder(tmp_path).offer("status.html", b"no link test here")
    assert (tmp_path / "status.html").read_bytes() == b"all ways work"


def test_one_publisher_a_folder(tmp_path: Path) -> None:
    """Two would overwrite each other's pages with older ones."""
    with Folder(tmp_path).alone(), pytest.raises(Busy), Folder(tmp_path).alone():
        pass
    with Folder(tmp_path).alone():
        assert (tmp_path / ".publisher").is_file()


def test_a_published_file_that_cannot_be_read_stops_the_publisher(tmp_path: Path) -> None:
    """It cannot know what it would take back."""
    Folder(tmp_path).put({"orders/a.json": b"{}"})
    with pytest.raises(Emptier, match=r"a\.json"):
        Folder(tmp_path).published(World.ACTUAL)


def test_published_orders_are_found_by_world(tmp_path: Path) -> None:
    """A drill's page does not count for the actual world."""
    Folder(tmp_path).put({"orders/a.json": b'{"revision": 2}', "exercise/orders/b.json": b'{"revision": 1}'})
    assert Folder(tmp_path).published(World.ACTUAL) == {"a": 2}
    assert Folder(tmp_path).published(World.EXERCISE) == {"b": 1}
    assert Folder(tmp_path).published(World.TEST) == {}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4)),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4)),
)
def test_nothing_published_is_ever_taken_back(published: dict[str, int], known: dict[str, int]) -> None:
    """It passes exactly when every published order is known at least as far."""
    good = all(order in known and known[order] >= revision for order, revision in published.items())
    if good:
        check_nothing_is_taken_back(published, known, World.ACTUAL)
    else:
        with pytest.raises(Emptier, match="SONAE_PUBLIC_DIR"):
            check_nothing_is_taken_back(published, known, World.ACTUAL)
