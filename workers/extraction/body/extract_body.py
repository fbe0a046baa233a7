"""The body: the article's own text and nothing else, with its structure and an account of what was taken out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from schemas.article import RemovedKind
from workers.extraction.body.article_body import Body
from workers.extraction.body.assemble import assemble
from workers.extraction.body.embedded import embedded_article
from workers.extraction.body.head_texts import HeadTexts, read_head_texts
from workers.extraction.body.live import mark_entries
from workers.extraction.body.model import Forest
from workers.extraction.body.page_class import classify_page
from workers.extraction.body.rules import clean
from workers.extraction.body.select_blocks import Selection, select_blocks
from workers.extraction.body.template import observe, recall, standing
from workers.extraction.body.video_text import keep_description
from workers.extraction.fields.found import Metadata
from workers.extraction.reading.document import Document
from workers.extraction.reading.tokens import coverage, known, size_of
from workers.extraction.site_memory import UNKNOWN, SiteMemory

#: A page that shows less running text than this may carry its article in a script.
_LITTLE = 600
#: The text in the script must be this many times what the page shows.
_MUCH_MORE = 2.5
#: A block of the script's text is on the page, too, when more than this share of its four-word runs is.
_SHOWN = 0.5


def extract_body(
    document: Document,
    metadata: Metadata,
    model: Forest | None = None,
    site: SiteMemory = UNKNOWN,
    *,
    audit: bool = False,
    traced: bool = False,
) -> Body:
    """The text of the page's article, read in the light of what is known of its `site`; empty when there is none.

    `model` replaces the shipped one (training). `audit`: the page is read by itself even if the site's template fits.
    `traced`: what it shows of that template is noted.
    """
    head_texts = read_head_texts(document, metadata)
    flags: list[str] = []
    selection = None if audit else recall(document.tree, site)
    if selection:
        before = [one.kept for one in selection.decided]
        cleaned = clean(selection, head_texts, standing(selection, site))
    if selection is None or cleaned.doubtful or _may_hide(selection, head_texts):
        selection = select_blocks(document.tree, head_texts, model)
        if hidden := _hidden_article(document, selection, head_texts, model):
            selection = hidden
            flags.append("embedded")
        before = [one.kept for one in selection.decided]
        cleaned = clean(selection, head_texts, standing(selection, site))
    if keep_description(selection, head_texts, metadata.kind.value if metadata.kind else None):
        cleaned.standfirst = None
    notes = observe(selection, before) if traced and not flags else ()
    kept = selection.kept()
    text, blocks, links = assemble([one.block for one in kept], document)
    if metadata.kind and metadata.kind.value == "live":
        language = metadata.language.value if metadata.language else None
        blocks = mark_entries(blocks, [one.block for one in kept], document.tree, language)
    removed: Counter[RemovedKind] = Counter(one.kind for one in selection.decided if one.kind)
    page_class, confidence = classify_page(document, selection)
    return Body(
        text=text,
        blocks=blocks,
        links=links,
        removed=removed,
        confidence=confidence,
        page_class=page_class,
        flags=[*flags, *cleaned.flags],
        standfirst=cleaned.standfirst,
        credits=cleaned.credits,
        decided=selection.decided,
        notes=notes,
    )


def _hidden_article(
    document: Document, selection: Selection, head_texts: HeadTexts, model: Forest | None
) -> Selection | None:
    """The article in the page's scripts, where it is far longer than what the page shows."""
    if not _may_hide(selection, head_texts):
        return None
    tree = embedded_article(document.tree, head_texts.article_body)
    if tree is None:
        return None
    found = select_blocks(tree, replace(head_texts, article_body=None), model)
    told = found.kept()
    shown = sum(one.measured.size for one in selection.kept())
    least = max(_LITTLE, _MUCH_MORE * shown)
    if shown >= _LITTLE:  # an article by itself: what else the page shows was left out of it with reason
        page = known("\n".join(one.text for one in selection.decided))
        told = [one for one in told if coverage(one.measured.words, page) < _SHOWN]
        least -= shown
    return found if sum(one.measured.size for one in told) > least else None


def _may_hide(selection: Selection, head_texts: HeadTexts) -> bool:
    """Whether the page shows so little that its article may be in a script."""
    shown = sum(one.measured.size for one in selection.kept())
    stated = head_texts.article_body
    return shown < _LITTLE or (stated is not None and size_of(stated) >= _MUCH_MORE * shown)
