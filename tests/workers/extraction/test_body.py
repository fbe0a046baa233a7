"""The body of a page: text, structure and links, on pages of our own."""

import numpy as np

from schemas.encoding.decode import decode
from schemas.page import Hints
from workers.extraction.body.article_body import Body
from workers.extraction.body.extract_body import extract_body
from workers.extraction.body.model import forest
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.document import Document, parse_html

PARAGRAPHS = [
    "The harbour town of Lindholm voted on Tuesday to close its fish market, which had stood for 140 years, after the "
    "roof was found to be unsafe.",
    "Council members said the building could be repaired, but that nobody had offered to pay the eleven million it "
    "would take, and that winter storms made waiting dangerous.",
    "“We have sold fish here since my grandfather’s time,” said one of the traders, who asked for time until spring. "
    "“A town on the sea without a market is a strange thing.”",
    "The vote was six to five. The stalls will move to a car park near the station in November, and the old hall will "
    "be fenced in.",
]


def document_of(markup: str, url: str | None = "https://news.example/a/b.html") -> Document:
    return parse_html(decode(markup.encode(), None), url=url, headers={}, hints=Hints(), size=len(markup))


def body_of(markup: str) -> Body:
    document = document_of(markup)
    return extract_body(document, extract_metadata(document))


def page(article: str, head: str = "<title>Lindholm closes its fish market - Example News</title>") -> str:
    return f"""<html><head>{head}</head><body>
      <header><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav></header>
      <main><article><h1>Lindholm closes its fish market</h1>{article}</article></main>
      <footer><p>© 2026 Example News. All rights reserved.</p></footer></body></html>"""


def test_the_paragraphs_and_nothing_else() -> None:
    body = body_of(page("".join(f"<p>{text}</p>" for text in PARAGRAPHS)))
    assert body.text == "\n\n".join(PARAGRAPHS)
    assert [block.kind for block in body.blocks] == ["paragraph"] * 4


def test_blocks_and_links_stand_over_the_text() -> None:
    linked = PARAGRAPHS[1].replace("could be repaired", '<a href="../c.html">could\n be <b>repaired</b></a>')
    body = body_of(
        page(f"<p>{PARAGRAPHS[0]}</p><h2>Eleven million</h2><p>{linked}</p><blockquote>{PARAGRAPHS[2]}</blockquote>")
    )
    assert [body.text[block.start : block.end] for block in body.blocks] == [
        PARAGRAPHS[0],
        "Eleven million",
        PARAGRAPHS[1],
        PARAGRAPHS[2],
    ]
    assert [(block.kind, block.level) for block in body.blocks] == [
        ("paragraph", None),
        ("heading", 2),
        ("paragraph", None),
        ("quote", None),
    ]
    (link,) = body.links
    assert link.url == "https://news.example/c.html"
    assert body.text[link.start : link.end] == link.anchor == "could be repaired"


def test_an_article_that_only_a_script_would_show() -> None:
    article = "".join(f"\\u003cp\\u003e{text}\\u003c/p\\u003e" for text in PARAGRAPHS)
    body = body_of(
        f'<html><head></head><body><div id="app"></div><script>window.x = {{"a": "{article}"}}</script></body></html>'
    )
    assert body.text == "\n\n".join(PARAGRAPHS)
    assert "embedded" in body.flags


def stating(text: str) -> str:
    return f"""<title>Lindholm closes its fish market - Example News</title><script type="application/ld+json">
      {{"@type": "NewsArticle", "articleBody": "{text}"}}</script>"""


def test_an_article_that_is_stated_in_full_and_shown_in_part() -> None:
    stated = [text.replace("market", "market &amp; hall").replace("“", r"\u201c") for text in PARAGRAPHS]
    body = body_of(page(f"<p>{PARAGRAPHS[0]}</p>", stating(r"\n\n\t\t".join(stated))))
    assert "embedded" in body.flags
    assert body.text == "\n\n".join(text.replace("market", "market & hall") for text in PARAGRAPHS)


def test_text_beside_the_article_is_not_read_from_a_script() -> None:
    story = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    rules = [
        f"Rule {number} of the market of {1880 + number}: no stall may stand nearer than {number + 2} yards to the "
        f"quay, and whoever brings {number} baskets more than he was allowed pays {number} shillings to the master."
        for number in range(1, 13)
    ]
    shown = story + '<aside class="fact-box">' + "".join(f"<p>{rule}</p>" for rule in rules) + "</aside>"
    body = body_of(page(shown, stating(r"\n\t".join([*PARAGRAPHS, *rules]))))
    assert "embedded" not in body.flags
    assert body.text == "\n\n".join(PARAGRAPHS)


def test_a_page_without_an_article_has_an_empty_body() -> None:
    assert body_of("<html><body><p></p></body></html>").text == ""


def test_the_tree_is_not_changed() -> None:
    from lxml import html

    document = document_of(page("".join(f"<p>{text}</p>" for text in PARAGRAPHS)))
    markup = html.tostring(document.tree)
    extract_body(document, extract_metadata(document))
    assert html.tostring(document.tree) == markup


def test_the_model_answers_by_columns_not_by_batches() -> None:
    model = forest()
    columns = np.arange(200) * 7
    table = ((columns + np.arange(len(model.features))[:, None] * 13) % 11).astype(np.float64)
    together = model.scores(table)
    assert together == [model.scores(table[:, [column]])[0] for column in range(200)]
    assert all(0 <= score <= 1 for score in together)


def test_control_characters_do_not_cost_the_page() -> None:
    marked = [text.replace(" the ", " the\x1b &#27;&#x1F;", 1) for text in PARAGRAPHS]
    body = body_of(page("".join(f"<p>{text}</p>" for text in marked)))
    assert body.text == "\n\n".join(PARAGRAPHS)
