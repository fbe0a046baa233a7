"""Loads all that a page needs, once, in a process that is going to fork: its children start with it.

The imports are half of it; tables, models and compiled patterns are made when the first page asks for them, so
pages are extracted that ask for them. All of it is then left out of garbage collection, which would walk it again and
again (an eighth of a page's time) and copy the memory that children share. `rq worker -c workers.warm` has the same
effect on RQ's own worker class.
"""

from __future__ import annotations

import gc
import uuid

from trafilatura.external import jt_stoplist_init

import workers.jobs  # noqa: F401
from schemas.page import Page
from schemas.process.settings import load_settings
from schemas.timestamp import now_utc
from workers.pages.normalize import normalise

#: Nothing is said by structured data, so everything is looked for: date, author, language, body.
_PAGE = """<html><head><title>Harbour opens its gates again</title></head><body><article>
<h1>Harbour opens its gates again</h1><p class="byline">By Jane Roe</p>{date}
{paragraphs}
<p>Read more: <a href="/news/ferries">Ferries sail once more</a></p><p>Main Street 12, 12345 Harbour Town</p>
</article><footer><p>© Harbour Times. All rights reserved.</p></footer></body></html>"""
_PARAGRAPH = (
    "<p>The harbour of the old town opened its gates on Tuesday, {number} weeks after the storm had closed them, and "
    "by noon the quay was full of people who had come to see the first ships arrive, the mayor said.</p>\n"
)
#: A date that is found at once, and numbers beside words that may be months of any language, so that all are loaded.
_DATES = (
    "<p>Published on 12 March 2024</p>",
    "<ul><li>Library, 3 Oak Street, Springfield, IL 62701</li><li>Town hall, 1 Main Street, IL 62701</li></ul>",
)


def _load() -> None:
    settings = load_settings()
    url = "https://www.example.com/news/harbour-opens-its-gates-again"
    paragraphs = "".join(_PARAGRAPH.format(number=number) for number in range(8))
    for date in _DATES:
        page = Page(
            page_id=uuid.uuid4().hex,
            url=url,
            requested_url=url,
            status=200,
            headers={},
            body=_PAGE.format(date=date, paragraphs=paragraphs).encode(),
            fetched_at=now_utc(),
            source_id="example",
            source_name="example",
        )
        normalise(page, settings)
    # the stop words of a hundred languages, which trafilatura reads when a page leaves it with too little
    jt_stoplist_init()


_load()
gc.collect()
gc.freeze()
