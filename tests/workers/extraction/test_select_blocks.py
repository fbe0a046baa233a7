"""Of blocks with the same words, a single block stays."""

import pytest
from lxml import html

from tests.workers.extraction.test_body import PARAGRAPHS
from workers.extraction.body.select_blocks import DecidedBlock, drop_repeats
from workers.extraction.reading.block_measures import MeasuredPage
from workers.extraction.reading.blocks import segment

LONG = PARAGRAPHS[0]
#: Holds all of LONG, and more than as much again.
LONGER = f"{LONG} {PARAGRAPHS[1]} {PARAGRAPHS[2]}"


@pytest.mark.parametrize(
    ("blocks", "stay"),
    [
        ([(LONG, 0.9), (LONG, 0.9)], [0]),
        ([(LONG, 0.9), (LONG, 0.95)], [0]),
        ([(LONG, 0.55), (LONG, 0.98)], [1]),
        ([(LONG, 0.98), (LONG, 0.55)], [0]),
        ([(LONG, 0.55), (LONG + " More.", 0.98)], [1]),
        ([(LONGER, 0.6), (LONG, 0.98)], [0]),
        ([(LONG, 0.6), (PARAGRAPHS[1], 0.6), (PARAGRAPHS[2], 0.6), (LONGER, 0.98)], [0, 1, 2]),
    ],
)
def test_the_first_stays_unless_a_later_block_is_far_likelier(blocks: list[tuple[str, float]], stay: list[int]) -> None:
    tree = html.document_fromstring("".join(f"<p>{text}</p>" for text, _ in blocks))
    decided = [
        DecidedBlock(measured, score, True, "")
        for measured, (_, score) in zip(MeasuredPage(segment(tree)).blocks, blocks, strict=True)
    ]
    drop_repeats(decided)
    assert [number for number, decision in enumerate(decided) if decision.kept] == stay
