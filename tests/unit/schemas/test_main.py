"""The command line of `python -m schemas`: what it prints, and the exit code that a deploy looks at."""

import pytest

from schemas.__main__ import main
from schemas.signing import private_key, public_key
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


def test_keys_are_lines_of_an_environment_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Four kinds unless told otherwise, and no two calls make the same."""
    assert main(["keys"]) == 0
    first = capsys.readouterr().out
    assert main(["keys", "signing"]) == 0
    second = capsys.readouterr().out
    made = dict(line.split("=", 1) for line in first.splitlines() if not line.startswith("#"))
    assert {*made} == {
        *("SONAE_SIGNING_KEY", "SONAE_VERIFY_KEY", "SONAE_CONSOLE_SECRET", "SONAE_SEALING_KEY", "SONAE_VAPID_KEY"),
    }
    assert public_key(made["SONAE_VERIFY_KEY"]) == private_key(made["SONAE_SIGNING_KEY"]).public_key()
    assert made["SONAE_SIGNING_KEY"] not in second


def test_a_kind_of_key_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and which there are."""
    assert main(["keys", "vapit"]) == 2
    assert "vapit is none of signing, session, sealing, vapid" in capsys.readouterr().err
