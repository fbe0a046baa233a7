"""Adapter of trafilatura: no other module knows trafilatura by its insides.

trafilatura is pinned to a version because these names are no public API. `tests/house/test_adapters.py` names the names
which a new trafilatura lacks.
"""

from __future__ import annotations

from trafilatura import xpaths
from trafilatura.external import jt_stoplist_init as load_stopwords
from trafilatura.htmlprocessing import (
    _handle_forms as handle_forms,
)
from trafilatura.htmlprocessing import (
    convert_tags,
    delete_by_link_density,
    link_density_test_tables,
    prune_html,
)
from trafilatura.main_extractor import extract_content, handle_textelem
from trafilatura.settings import MANUALLY_CLEANED, MANUALLY_STRIPPED, TAG_CATALOG, Extractor
from trafilatura.xml import delete_element, xmltotxt

#: The inner names of trafilatura in use here.
INNER_NAMES = (
    "trafilatura.external:jt_stoplist_init",
    "trafilatura.htmlprocessing:_handle_forms",
    "trafilatura.htmlprocessing:convert_tags",
    "trafilatura.htmlprocessing:delete_by_link_density",
    "trafilatura.htmlprocessing:link_density_test_tables",
    "trafilatura.htmlprocessing:prune_html",
    "trafilatura.main_extractor:extract_content",
    "trafilatura.main_extractor:handle_textelem",
    "trafilatura.settings:MANUALLY_CLEANED",
    "trafilatura.settings:MANUALLY_STRIPPED",
    "trafilatura.settings:TAG_CATALOG",
    "trafilatura.settings:Extractor",
    "trafilatura.xml:delete_element",
    "trafilatura.xml:xmltotxt",
    "trafilatura.xpaths:_ARTICLE_CONTENT_CLASS_TOKENS",
    "trafilatura.xpaths:_ARTICLE_CONTENT_ID_TOKENS",
    "trafilatura.xpaths:_CONSENT_ID_CLASS_TOKENS",
    "trafilatura.xpaths:_MAIN_CONTENT_CLASS_TOKENS",
    "trafilatura.xpaths:_MAIN_CONTENT_ID_TOKENS",
    "trafilatura.xpaths:_OVERALL_DISCARD_BOTH_TOKENS",
    "trafilatura.xpaths:_OVERALL_DISCARD_CLASS_TOKENS",
    "trafilatura.xpaths:_OVERALL_DISCARD_ID_TOKENS",
    "trafilatura.xpaths:_STORY_CLASS_TOKENS",
    "trafilatura.xpaths:_STORY_ID_TOKENS",
)

__all__ = [
    "ARTICLE_CLASSES",
    "ARTICLE_IDS",
    "INNER_NAMES",
    "MAIN_CLASSES",
    "MAIN_IDS",
    "MANUALLY_CLEANED",
    "MANUALLY_STRIPPED",
    "STORY_CLASSES",
    "STORY_IDS",
    "TAG_CATALOG",
    "UNWANTED_CLASSES",
    "UNWANTED_IDS",
    "Extractor",
    "convert_tags",
    "delete_by_link_density",
    "delete_element",
    "extract_content",
    "handle_forms",
    "handle_textelem",
    "link_density_test_tables",
    "load_stopwords",
    "prune_html",
    "xmltotxt",
]

# Words in `class` and `id` by which trafilatura finds the article's frame and the foreign boxes.
ARTICLE_IDS: tuple[str, ...] = xpaths._ARTICLE_CONTENT_ID_TOKENS
ARTICLE_CLASSES: tuple[str, ...] = xpaths._ARTICLE_CONTENT_CLASS_TOKENS
STORY_IDS: tuple[str, ...] = xpaths._STORY_ID_TOKENS
STORY_CLASSES: tuple[str, ...] = xpaths._STORY_CLASS_TOKENS
MAIN_IDS: tuple[str, ...] = xpaths._MAIN_CONTENT_ID_TOKENS
MAIN_CLASSES: tuple[str, ...] = xpaths._MAIN_CONTENT_CLASS_TOKENS
UNWANTED_IDS: tuple[str, ...] = (
    *xpaths._OVERALL_DISCARD_BOTH_TOKENS,
    *xpaths._OVERALL_DISCARD_ID_TOKENS,
    *xpaths._CONSENT_ID_CLASS_TOKENS,
)
UNWANTED_CLASSES: tuple[str, ...] = (*xpaths._OVERALL_DISCARD_BOTH_TOKENS, *xpaths._OVERALL_DISCARD_CLASS_TOKENS)
