"""The body: the article's own text and nothing else, with its structure and an account of what was taken out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from schemas.article import RemovedKind
from workers.extraction.assemble import assemble
from workers.extraction.choose import Choice, choose
from workers.extraction.clean import clean
from workers.extraction.clues import Clues, read_clues
from workers.extraction.document import Document
from workers.extraction.draft import Body, Metadata
from workers.extraction.embedded import embedded_article
from workers.extraction.judgement import judge_page
from workers.extraction.live import mark_entries
from workers.extraction.model import Forest
from workers.extraction.shown_description import keep_description
from workers.extraction.site import UNKNOWN, Site
from workers.extraction.template import observe, recall, standing
from workers.extraction.tokens import coverage, known, size_of

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
    site: Site = UNKNOWN,
    *,
    audit: bool = False,
    traced: bool = False,
) -> Body:
    """The text of the page's article, read in the light of what is known of its `site`; empty when there is none.

    `model` replaces the shipped one (training). `audit`: the page is read by itself even if the site's template fits.
    `traced`: what it shows of that template is noted.
    """
    clues = read_clues(document, metadata)
    flags: list[str] = []
    choice = None if audit else recall(document.tree, site)
    if choice:
        before = [one.kept for one in choice.judged]
        cleaned = clean(choice, clues, standing(choice, site))
    if choice is None or cleaned.doubtful or _may_hide(choice, clues):
        choice = choose(document.tree, clues, model)
        if hidden := _hidden_article(document, choice, clues, model):
            choice = hidden
            flags.append("embedded")
        before = [one.kept for one in choice.judged]
        cleaned = clean(choice, clues, standing(choice, site))
    if keep_description(choice, clues, metadata.kind.value if metadata.kind else None):
        cleaned.standfirst = None
    notes = observe(choice, before) if traced and not flags else ()
    kept = choice.kept()
    text, blocks, links = assemble([one.block for one in kept], document)
    if metadata.kind and metadata.kind.value == "live":
        language = metadata.language.value if metadata.language else None
        blocks = mark_entries(blocks, [one.block for one in kept], document.tree, language)
    removed: Counter[RemovedKind] = Counter(one.kind for one in choice.judged if one.kind)
    verdict, confidence = judge_page(document, choice)
    return Body(
        text=text,
        blocks=blocks,
        links=links,
        removed=removed,
        confidence=confidence,
        verdict=verdict,
        flags=[*flags, *cleaned.flags],
        standfirst=cleaned.standfirst,
        credits=cleaned.credits,
        judged=choice.judged,
        notes=notes,
    )


def _hidden_article(document: Document, choice: Choice, clues: Clues, model: Forest | None) -> Choice | None:
    """The article in the page's scripts, where it is far longer than what the page shows."""
    if not _may_hide(choice, clues):
        return None
    tree = embedded_article(document.tree, clues.article_body)
    if tree is None:
        return None
    found = choose(tree, replace(clues, article_body=None), model)
    told = found.kept()
    shown = sum(one.measured.size for one in choice.kept())
    least = max(_LITTLE, _MUCH_MORE * shown)
    if shown >= _LITTLE:  # an article by itself: what else the page shows was left out of it with reason
        page = known("\n".join(one.text for one in choice.judged))
        told = [one for one in told if coverage(one.measured.words, page) < _SHOWN]
        least -= shown
    return found if sum(one.measured.size for one in told) > least else None


def _may_hide(choice: Choice, clues: Clues) -> bool:
    """Whether the page shows so little that its article may be in a script."""
    shown = sum(one.measured.size for one in choice.kept())
    stated = clues.article_body
    return shown < _LITTLE or (stated is not None and size_of(stated) >= _MUCH_MORE * shown)
