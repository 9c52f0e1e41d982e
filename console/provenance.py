"""Where a criterion is from, for an officer: the document's name, and what of it no document says. Pure.

A rule's source is a list of tags (docs/detection.md): S numbers are public documents, K what was written from memory, R
what Sonae proposes itself.
"""

from dataclasses import dataclass

DOCUMENTS = {
    "S1": "2021年ガイドライン（避難情報に関するガイドライン）の解説",
    "S8": "気象庁の技術情報第634号（dmdata.jp の解説による）",
    "S10": "2015年ガイドライン（津波の章）",
    "S13": "須坂市が公表している発令基準（2021年以降）",
    "S14": "2015年ガイドライン（洪水・土砂災害の章）",
    "S15": "2015年ガイドライン（夜間・暴風の前の判断）",
    "S16": "2015年ガイドライン（高潮の章）",
    "S18": "洪水予報の発表基準（2022年の変更）",
    "S20": "気象庁の解説（内水氾濫）",
    "S21": "白馬村の発令基準（土砂災害）",
    "S22": "横浜市の公表資料",
    "S24": "国土交通省・三重県の高潮の資料",
}
"""As the domain notes list them."""
MEMORY, OURS = "K", "R"
CHECKED, PARTLY_OURS, PROPOSED, UNCHECKED = "出典と照合済み", "一部は Sonae の目安", "Sonae の提案", "出典未照合"
BY_MEMORY = "公表資料でまだ確かめていない内容を含みます。"
BY_US = (
    "基準の考え方は出典によりますが、出典にない数値や当てはめ方は Sonae が決めた目安です（説明：docs/detection.md）。"
)
ALL_OURS = "公表資料にない、Sonae が提案する基準です（説明：docs/detection.md）。"


@dataclass(frozen=True, slots=True)
class Provenance:
    """`documents`: their names, "" where there is none; `word`: how far it was checked; `note`: what is not theirs."""

    documents: str
    word: str
    checked: bool
    note: str


def provenance(source: str, verified: bool) -> Provenance:
    """Of one rule as a recommendation carries it; tags that are no tags are shown as they are."""
    tags = [tag.strip() for tag in source.split(",") if tag.strip()]
    own, memory = OURS in tags, MEMORY in tags
    named = [tag for tag in tags if tag not in (OURS, MEMORY)]
    documents = "、".join(f"{DOCUMENTS[tag]}（{tag}）" if tag in DOCUMENTS else tag for tag in named)
    notes = [BY_MEMORY] if memory else []
    notes += [BY_US if named or memory else ALL_OURS] if own else []
    return Provenance(
        documents, _word(verified, bool(named), own, memory), verified and not (own or memory), "".join(notes)
    )


def _word(verified: bool, named: bool, own: bool, memory: bool) -> str:
    if own and not memory:
        return PARTLY_OURS if named else PROPOSED
    return CHECKED if verified and not memory else UNCHECKED
