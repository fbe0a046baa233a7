"""The body: the article's own text and nothing else, with structure and an account of the removed blocks."""

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
from workers.extraction.body.template import note_template, select_by_template, standing_blocks
from workers.extraction.body.video_text import keep_description
from workers.extraction.fields.found import Metadata
from workers.extraction.reading.document import Document
from workers.extraction.reading.tokens import coverage, line_shingles, size_of
from workers.extraction.site_memory import UNKNOWN, SiteMemory

#: A page with less article text than this (characters of Latin text) may carry the article in a script.
_LITTLE = 600
#: The text in the script must be this many times as long as the text on the page.
_MUCH_MORE = 2.5
#: A block of the script's text is also on the page when more than this share of the block's four-word runs is there.
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
    """Return the body of the page's article, read with the help of the `site`'s memory; empty without an article.

    `model` replaces the shipped model (training). `audit`: read the page by itself even if the site's template fits.
    `traced`: add the page's notes on the template.
    """
    head_texts = read_head_texts(document, metadata)
    flags: list[str] = []
    selection = None if audit else select_by_template(document.tree, site)
    if selection:
        kept_by_model = [decision.kept for decision in selection.decided]
        cleaned = clean(selection, head_texts, standing_blocks(selection, site))
    if selection is None or cleaned.doubtful or _may_hide(selection, head_texts):
        selection = select_blocks(document.tree, head_texts, model)
        if hidden := _hidden_article(document, selection, head_texts, model):
            selection = hidden
            flags.append("embedded")
        kept_by_model = [decision.kept for decision in selection.decided]
        cleaned = clean(selection, head_texts, standing_blocks(selection, site))
    if keep_description(selection, head_texts, metadata.kind.value if metadata.kind else None):
        cleaned.standfirst = None
    notes = note_template(selection, kept_by_model) if traced and not flags else ()
    kept_blocks = selection.kept()
    text, blocks, links = assemble([decision.block for decision in kept_blocks], document)
    if metadata.kind and metadata.kind.value == "live":
        language = metadata.language.value if metadata.language else None
        blocks = mark_entries(blocks, [decision.block for decision in kept_blocks], document.tree, language)
    removed: Counter[RemovedKind] = Counter(decision.kind for decision in selection.decided if decision.kind)
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
    """Return the selection of the article in the page's scripts, if far longer than the article on the page."""
    if not _may_hide(selection, head_texts):
        return None
    tree = embedded_article(document.tree, head_texts.article_body)
    if tree is None:
        return None
    hidden = select_blocks(tree, replace(head_texts, article_body=None), model)
    new_blocks = hidden.kept()
    shown_size = sum(decision.measured.size for decision in selection.kept())
    least = max(_LITTLE, _MUCH_MORE * shown_size)
    if shown_size >= _LITTLE:  # the page shows an article: other text on the page was left out for a reason
        on_page = line_shingles("\n".join(decision.text for decision in selection.decided))
        new_blocks = [decision for decision in new_blocks if coverage(decision.measured.words, on_page) < _SHOWN]
        least -= shown_size
    return hidden if sum(decision.measured.size for decision in new_blocks) > least else None


def _may_hide(selection: Selection, head_texts: HeadTexts) -> bool:
    """Return whether the page shows so little text that the article may be in a script."""
    shown_size = sum(decision.measured.size for decision in selection.kept())
    stated = head_texts.article_body
    return shown_size < _LITTLE or (stated is not None and size_of(stated) >= _MUCH_MORE * shown_size)
