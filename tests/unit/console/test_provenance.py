"""What the desk says about where a criterion is from."""

import re
from pathlib import Path

import pytest

from console.provenance import DOCUMENTS, provenance

RULES = Path(__file__).parents[3] / "streams" / "rules.toml"
PAGE = Path(__file__).parents[3] / "docs" / "detection.md"


def test_a_published_rule_names_its_document() -> None:
    """S13 is Suzaka city's table; who reads 「照合済み」 is told with what."""
    told = provenance("S13", True)
    assert (told.documents, told.word, told.checked, told.note) == (
        "須坂市が公表している発令基準（2021年以降）（S13）",
        "出典と照合済み",
        True,
        "",
    )


@pytest.mark.parametrize("source", ["S13,R", "S13,K,R", "S15,K", "K", "R", "K,R"])
@pytest.mark.parametrize("verified", [True, False])
def test_what_is_ours_or_from_memory_never_reads_as_checked(source: str, verified: bool) -> None:
    """Whatever the record claims: an old one may still carry `verified` beside R."""
    told = provenance(source, verified)
    assert not told.checked
    assert "照合済み" not in told.word
    assert told.note


def test_a_number_of_ours_is_told_apart_from_the_guidelines_criterion() -> None:
    """FN-3b [S13,R]: the criterion is Suzaka's, the number Sonae's, and where it is explained."""
    told = provenance("S13,R", False)
    assert told.word == "一部は Sonae の目安"
    assert "基準の考え方は出典によります" in told.note
    assert "docs/detection.md" in told.note
    assert provenance("R", False).word == "Sonae の提案"


def test_every_source_that_a_rule_names_has_a_name() -> None:
    """No officer has to know what S18 is; and the page of criteria names each."""
    named = set(re.findall(r"\bS\d+\b", " ".join(re.findall(r'source = "([^"]*)"', RULES.read_text(encoding="utf8")))))
    assert named <= DOCUMENTS.keys()
    assert {tag for tag in named if not re.search(rf"\b{tag}\b", PAGE.read_text(encoding="utf8"))} == set()


def test_a_source_that_is_no_tag_is_shown_as_it_is() -> None:
    """A drill's recommendation may say 訓練想定."""
    assert provenance("訓練想定", True).documents == "訓練想定"
