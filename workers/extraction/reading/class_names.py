"""Words in `class` and `id`, grouped by meaning: how publishers of many countries name the parts of a page.

The words are few and general, read off the class names of news sites in a dozen languages. They are hints for the model
and for naming removed blocks, never a reason for removal: whole articles stand in boxes named "related" or "aside".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

#: Groups of words. The beginning of a word is enough: `relat` is related, relation, relatedLinks.
VOCABULARY: dict[str, tuple[str, ...]] = {
    "caption": (
        "caption",
        "credit",
        "photo",
        "image",
        "img",
        "media",
        "gallery",
        "slide",
        "picture",
        "figure",
        "bild",
        "foto",
        "copyright",
    ),
    "related": (
        "relat",
        "recommend",
        "more",
        "also",
        "read-next",
        "trending",
        "popular",
        "latest",
        "teaser",
        "card",
        "list",
        "promo",
        "outbrain",
        "taboola",
        "widget",
        "sidebar",
        "aside",
        "rail",
    ),
    "social": (
        "share",
        "social",
        "newsletter",
        "subscri",
        "signup",
        "follow",
        "comment",
        "disqus",
        "login",
        "register",
        "paywall",
        "print",
        "tool",
    ),
    "person": ("author", "byline", "bio", "writer", "contributor", "autor", "profile", "avatar"),
    "meta": (
        "meta",
        "date",
        "time",
        "publish",
        "posted",
        "tag",
        "topic",
        "categor",
        "breadcrumb",
        "kicker",
        "label",
        "source",
        "section",
    ),
    "summary": (
        "summary",
        "lead",
        "lede",
        "standfirst",
        "dek",
        "deck",
        "intro",
        "subtitle",
        "subhead",
        "sub-head",
        "excerpt",
        "chapo",
        "sapo",
        "abstract",
        "description",
        "perex",
        "ingress",
    ),
    "text": ("article", "story", "content", "body", "text", "entry", "post", "paragraph", "artikel"),
    "title": ("title", "headline", "heading"),
    "chrome": (
        "nav",
        "menu",
        "header",
        "footer",
        "banner",
        "cookie",
        "consent",
        "modal",
        "popup",
        "ad",
        "ads",
        "advert",
        "sponsor",
        "legal",
        "hidden",
        "sr-only",
    ),
}
#: The group of each word.
_GROUP_OF = {word: group for group, words in VOCABULARY.items() for word in words}
#: The words as a pattern, for lower-case class names and ids.
_NAMES = re.compile(r"(?<![a-z])(?:" + "|".join(sorted(map(re.escape, _GROUP_OF), key=len, reverse=True)) + ")")


@lru_cache(maxsize=8192)
def named_groups(classes: str | None, id_: str | None) -> frozenset[str]:
    """Return the groups of the words in an element's class names and id."""
    names = f"{classes or ''} {id_ or ''}".lower()
    return frozenset(_GROUP_OF[word] for word in _NAMES.findall(names)) if len(names) > 1 else frozenset()


#: Boxes of readers' comments. The word must be a whole name: a page with comments allowed (`comments-open`) and a box
#: of opinion have other names.
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentaires?|comentarios?|commenti|kommentare[rn]?|komentarze|komentare|reacties|yorumlar"
    r"|replies|disqus|talkbacks?)"
    r"(?:[_-]?(?:list|body|content|text|section|area|thread|container|wrapper|box|items?|inner|main|block|\d+))*(?:\s|$)"
)
#: Boxes that ask for consent, many of them by the same few programs; `cookie` alone is enough.
_CONSENT = re.compile(
    r"(?:^|[\s_-])(?:cookies?|onetrust|ot-sdk|optanon|didomi|cookiebot|usercentrics|qc-cmp2?|truste|cookielaw|osano"
    r"|iubenda|klaro|borlabs|gdpr|consent)(?:[\s_-]|$)"
)
#: Boxes of facts beside the story, which explain the story's subject apart from the story.
_FACTS = re.compile(
    r"(?:^|[\s_-])(?:facts?[_-]?box|fakta(?:box|boks|boxe|ruta|rute)?|info[_-]?box|infokasten)(?:[\s_-]|$)"
)


@lru_cache(maxsize=8192)
def foreign_box(classes: str | None, id_: str | None) -> Literal["comments", "cookie", "other"] | None:
    """Return the kind of a box that belongs to no article, by class names or id; None for other boxes."""
    names = f"{classes or ''} {id_ or ''}".lower()
    if _COMMENTS.search(names):
        return "comments"
    if _CONSENT.search(names):
        return "cookie"
    return "other" if _FACTS.search(names) else None
