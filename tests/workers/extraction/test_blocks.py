"""Segmentation: a paragraph, item, row or line, as readers see them, is a block."""

import pytest
from lxml import html

from workers.extraction.reading.blocks import segment


def texts(markup: str) -> list[str]:
    return [block.text for block in segment(html.document_fromstring(f"<html><body>{markup}</body></html>"))]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        pytest.param("<p>One <b>bold</b> word.</p><p>Two</p>", ["One bold word.", "Two"], id="paragraphs"),
        pytest.param("<div>Loose<p>Inner</p>tail</div>", ["Loose", "Inner", "tail"], id="text around a paragraph"),
        pytest.param("<div>One<br>line<br><br>Two</div>", ["One line", "Two"], id="two line breaks end a paragraph"),
        pytest.param("<div>One<br> <br/>\n<br>Two</div>", ["One", "Two"], id="line breaks with space between"),
        pytest.param("<td>一段<br>\u3000\u3000二段</td>", ["一段", "二段"], id="an indented line is a paragraph"),
        pytest.param("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", ["a", "b", "c"], id="nested list"),
        pytest.param(
            "<table><tr><th>Team</th><td>3</td></tr></table>", ["Team | 3"], id="a row of short cells is one block"
        ),
        pytest.param(
            "<table><tr><td><p>a</p><p>b</p><p>c</p></td><td>menu</td></tr></table>",
            ["a", "b", "c", "menu"],
            id="a row of boxes is page layout",
        ),
        pytest.param("<p>a<!-- no --> b</p>", ["a b"], id="comment inside a paragraph"),
        pytest.param("<p>a<script>var x = '<p>no</p>';</script>b</p>", ["ab"], id="script inside a paragraph"),
        pytest.param("<style>p {}</style><noscript>no</noscript><p>a</p>", ["a"], id="elements that nobody reads"),
        pytest.param("<p>soft\u00adhyphen and \u200bzero</p>", ["softhyphen and zero"], id="invisible characters"),
        pytest.param("<p>So <x-link>it</x-link> is</p><x-box>Box</x-box>", ["So it is", "Box"], id="unknown elements"),
        pytest.param("<p> \n </p><p>|</p>", [], id="nothing to read"),
    ],
)
def test_blocks_are_what_a_reader_sees(markup: str, expected: list[str]) -> None:
    assert texts(markup) == expected


def test_a_block_knows_its_links_and_its_place() -> None:
    block = segment(
        html.document_fromstring(
            "<html><body><div class=x><p>See <a href='/a'>this <b>page</b></a> now</p></div></body></html>"
        )
    )[0]
    assert (block.tag, block.linked, block.bold) == ("p", 8, 4)
    assert [box.tag for box in block.boxes] == ["p", "div", "body", "html"]


def test_fifty_thousand_nested_elements_do_not_recurse() -> None:
    tree = html.Element("div")
    at = tree
    for _ in range(50_000):
        at = html.etree.SubElement(at, "div")
    at.text = "deep"
    blocks = segment(tree)
    assert [block.text for block in blocks] == ["deep"]
    assert blocks[0].box.depth == 50_000
