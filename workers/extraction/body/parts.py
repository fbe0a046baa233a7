"""Articles of several pages: join the bodies of the parts, without repeated blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from schemas.article import Block, Link, RemovedKind
from schemas.encoding.decode import UndecodableError
from schemas.page import Page
from workers.extraction.body.article_body import Body
from workers.extraction.body.assemble import SEPARATOR
from workers.extraction.reading.document import Document, EmptyPageError, parse


def further_parts(page: Page) -> Iterator[Document]:
    """Yield the documents of the parts after the first; skip parts that are no page."""
    for body in page.further:
        try:
            yield parse(page.model_copy(update={"body": body, "further": []}))
        except (UndecodableError, EmptyPageError):
            continue


def join(bodies: list[Body]) -> Body:
    """Return `bodies` joined in order, without blocks with the text of a block in an earlier part."""
    first = bodies[0]
    texts: list[str] = []
    blocks: list[Block] = []
    links: list[Link] = []
    earlier_texts: set[str] = set()
    at = 0
    for body in bodies:
        own_texts: set[str] = set()
        for block in body.blocks:
            text = body.text[block.start : block.end]
            if text in earlier_texts:
                continue
            own_texts.add(text)
            shift = at - block.start
            texts.append(text)
            blocks.append(block.model_copy(update={"start": at, "end": at + len(text)}))
            links += [
                link.model_copy(update={"start": link.start + shift, "end": link.end + shift})
                for link in body.links
                if block.start <= link.start and link.end <= block.end
            ]
            at += len(text) + len(SEPARATOR)
        earlier_texts |= own_texts
    removed: Counter[RemovedKind] = Counter()
    for body in bodies:
        removed.update(body.removed)
    return Body(
        text=SEPARATOR.join(texts),
        blocks=blocks,
        links=links,
        removed=removed,
        confidence=min(body.confidence for body in bodies),
        flags=sorted({flag for body in bodies for flag in body.flags} | {"parts"}),
        standfirst=first.standfirst,
        credits=list(dict.fromkeys(credit for body in bodies for credit in body.credits)),
        page_class=first.page_class,
        decided=[decision for body in bodies for decision in body.decided],
        notes=first.notes,
    )
