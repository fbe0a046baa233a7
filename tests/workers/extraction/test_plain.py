"""Articles scraped to plain text earlier: the seed comes out exactly, and other shapes of text by table."""

from pathlib import Path

import pytest

from schemas.article import BlockKind
from workers.extraction.plain_text import draft_of_text

ONE = (
    "The ferry between Varnes and the islands will run twice a day from May, the county said on Monday, after years in "
    "which islanders had asked for more. The first boat leaves at six."
)
TWO = (
    "Nobody knows yet what the tickets will cost. The county wants to decide on the prices of the ferry in March, when "
    "the budget is settled, and promised that islanders would pay less than visitors."
)


def test_the_seed_comes_out_exactly(shared: Path) -> None:
    seed = (shared / "seed" / "article.txt").read_text(encoding="utf-8")
    draft = draft_of_text(seed)
    body = draft.body
    assert draft.metadata.title
    assert draft.metadata.title.value == "Mexican President Rejects US Military Assistance Amid Drug War Discussions"
    assert body.standfirst == "Mexican President Rejects US Military Support in Fight Against Drug Cartels"
    paragraphs = seed.strip().split("\n\n")
    start = next(i for i, text in enumerate(paragraphs) if text.startswith("Mexican President Claudia Sheinbaum has"))
    assert body.text == "\n\n".join(paragraphs[start:-1])
    headings = [body.text[block.start : block.end] for block in body.blocks if block.kind == "heading"]
    assert headings == [
        "A Firm Stand on Sovereignty",
        "Current US-Mexico Coordination Efforts",
        "Surveillance and Designation of Drug Cartels",
        "Calls for Action Against Transnational Criminal Organizations",
        "Future Implications and Concerns",
    ]
    assert {block.kind for block in body.blocks} == {"heading", "paragraph"}
    assert body.removed == {"postal_address": 2, "caption": 1, "standfirst": 1, "credit": 1}


@pytest.mark.parametrize(
    ("text", "title", "standfirst", "kept", "removed"),
    [
        pytest.param(
            f"More ferries to the islands\n\nBy Anna Berg\n\n12 March 2026\n\n{ONE}\n\n{TWO}\n\n© 2026 The Varnes Post",
            "More ferries to the islands",
            None,
            [ONE, TWO],
            {"byline": 1, "dateline_stamp": 1, "copyright": 1},
            id="byline, date and copyright around the story",
        ),
        pytest.param(f"{ONE}\n{TWO}", None, None, [ONE, TWO], {}, id="paragraphs by lines, no headline"),
        pytest.param(
            f"More ferries to the islands\n{ONE}\nThe price\n{TWO}\nRead more: Harbour closes for winter",
            "More ferries to the islands",
            None,
            [ONE, "The price", TWO],
            {"related": 1},
            id="lines, a heading, a link",
        ),
        pytest.param(
            f"More ferries to the islands\n\n{ONE}\n\n{TWO}\n\nRedaktion:\nHafenstraße 12\n20457 Hamburg",
            "More ferries to the islands",
            None,
            [ONE, TWO],
            {"postal_address": 1},
            id="an address of several lines under the story",
        ),
        pytest.param("Menu\n\nHome\n\nSearch", None, None, [], None, id="no story at all"),
    ],
)
def test_the_order_of_lines_tells_their_kind(
    text: str, title: str | None, standfirst: str | None, kept: list[str], removed: dict[str, int] | None
) -> None:
    draft = draft_of_text(text)
    assert (draft.metadata.title.value if draft.metadata.title else None) == title
    assert draft.body.standfirst == standfirst
    assert draft.body.text == "\n\n".join(kept)
    if removed is not None:
        assert draft.body.removed == removed


def test_items_and_headings_are_marked() -> None:
    body = draft_of_text(
        f"A headline of some length\n\n{ONE}\n\nThe times\n\n- six in the morning\n- four\n\n{TWO}"
    ).body
    kinds: list[BlockKind] = [block.kind for block in body.blocks]
    assert kinds == ["paragraph", "heading", "list_item", "paragraph"]


def test_a_given_title_is_not_looked_for() -> None:
    draft = draft_of_text(f"Ferries\n\n{ONE}\n\n{TWO}", title="Ferries")
    assert draft.metadata.title
    assert draft.metadata.title.value == "Ferries"
    assert draft.body.text == f"{ONE}\n\n{TWO}"
