"""Preload: load the extraction's modules and tables in a worker process, before the process forks a child for a job.

Imports are half of the load. Tables, models and compiled patterns are made when a page first needs them, so `preload`
extracts sample pages. The loaded objects then leave garbage collection, which would otherwise walk them again and again
(an eighth of a page's time) and copy the memory shared with the children.
"""

from __future__ import annotations

import gc
import uuid

from schemas.page import Page
from schemas.process.settings import load_settings
from schemas.timestamp import now_utc
from workers.extraction.body.trafilatura_adapter import load_stopwords
from workers.pages.normalize import normalise

#: A page without structured data: the extraction searches the text for date, author, language and body.
_PAGE = """<html><head><title>Harbour opens its gates again</title></head><body><article>
<h1>Harbour opens its gates again</h1><p class="byline">By Jane Roe</p>{date}
{paragraphs}
<p>Read more: <a href="/news/ferries">Ferries sail once more</a></p><p>Main Street 12, 12345 Harbour Town</p>
</article><footer><p>© Harbour Times. All rights reserved.</p></footer></body></html>"""
_PARAGRAPH = (
    "<p>The harbour of the old town opened its gates on Tuesday, {number} weeks after the storm had closed them, and "
    "by noon the quay was full of people who had come to the cafés to see the first ships arrive, the mayor said.</p>\n"
)
#: Two ways through the dates: a plain date, and numbers beside words. The words may be months of any language, so the
#: second way loads the months of all languages.
_DATES = (
    "<p>Published on 12 March 2024</p>",
    "<ul><li>Library, 3 Oak Street, Springfield, IL 62701</li><li>Town hall, 1 Main Street, IL 62701</li></ul>",
)


def preload() -> None:
    """Extract sample pages, and exclude all objects of the process from garbage collection.

    Raises:
        OSError: the machine has no room for the language model, which is unpacked to /tmp.
    """
    settings = load_settings()
    url = "https://www.example.com/news/harbour-opens-its-gates-again"
    paragraphs = "".join(_PARAGRAPH.format(number=number) for number in range(8))
    for date, codec in zip(_DATES, ("utf-8", "cp1252"), strict=True):  # the second page loads the encoding detector
        page = Page(
            page_id=uuid.uuid4().hex,
            url=url,
            requested_url=url,
            status=200,
            headers={},
            body=_PAGE.format(date=date, paragraphs=paragraphs).encode(codec),
            fetched_at=now_utc(),
            source_id="example",
            source_name="example",
        )
        normalise(page, settings)
    load_stopwords()  # stop words of a hundred languages; trafilatura reads them when a page yields little text
    gc.collect()
    gc.freeze()
