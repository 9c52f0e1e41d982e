"""The command line of `python -m schemas`: what it prints, and the exit code that a deploy looks at."""

import pytest

from schemas.__main__ import main
from schemas.topics_table import page


def test_check_ends_with_one_calm_line(capsys: pytest.CaptureFixture[str]) -> None:
    """0: what was released is still read."""
    assert main(["check"]) == 0
    assert capsys.readouterr().out.endswith("22 records; what was released is still read\n")


def test_topics_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """To the byte, so that it can be redirected into docs/topics.md."""
    assert main(["topics", "--markdown"]) == 0
    assert capsys.readouterr().out == page()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "required: command"),
        (["redrive", "--since", "2026-09-21T06:00:00"], "names no zone: add Z or an offset"),
        (["redrive", "--since", "yesterday"], "is no time as 2026-09-21T06:00:00Z"),
        (["sync", "--profile", "huge"], "invalid choice: 'huge'"),
    ],
)
def test_what_it_cannot_mean_is_refused(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what to write instead."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
