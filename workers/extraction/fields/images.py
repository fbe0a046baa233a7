"""The images: the lead and those inside the text, with caption and credit apart; no logos, avatars, pixels, icons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

from schemas.article import Image
from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.site_memory import UNKNOWN, SiteMemory, without_query
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

#: The fewest pixels of a side; the most images of an article.
_SMALLEST = 100
_MOST = 60
_OUTSIDE = frozenset({"nav", "footer", "aside", "header"})


@cache
def _furniture() -> re.Pattern[str]:
    return re.compile("|".join(table("images")["no_picture"]))


def _is_furniture(name: str) -> bool:
    # lower() first: a case-insensitive search takes several times as long
    return _furniture().search(name.lower()) is not None


@cache
def _credit() -> re.Pattern[str]:
    """Compile the pattern of a credit at the end of a caption: a word with colon or preposition, or ©; then a name."""
    data = table("images")
    words = "|".join(re.escape(word) for word in data["credit"])
    between = "|".join(re.escape(word) for word in data["between"])
    opening = rf"(?:\b(?:{words})\b\.?\s*(?:(?:{words})\s*)?(?::|：|©|/|\b(?:{between})\b)|©)"
    name = r"(?P<who>[^|()\]\[\s][^|()\]\[]{1,89})"
    return re.compile(rf"(?:(?<!\s)\s+)?(?:[|(\[–—-]\s*)?{opening}\s*+{name}[)\]]?\s*$", re.I)


def lead_image(document: Document, site: SiteMemory = UNKNOWN) -> Found[list[Image]] | None:
    """Return the article's image from the metadata; skip images of many articles of the site."""
    structured = document.structured
    for value in structured.jsonld.all(structured.article, "image", "thumbnailUrl"):
        address, caption, credit = _from_node(value)
        image = _image(document, address, lead=True, caption=caption, credit=credit)
        if image and without_query(image.url) not in site.images:
            return Found([image], "json-ld")
    for name in table("meta_names")["image"]:
        for address in structured.parts.meta.get(name, ())[:1]:
            image = _image(document, address, lead=True, alt=structured.meta("og:image:alt", "twitter:image:alt"))
            if image and without_query(image.url) not in site.images:
                return Found([image], "meta")
    return None


def images_with(
    document: Document, lead: Found[list[Image]] | None, elements: list[html.HtmlElement]
) -> Found[list[Image]] | None:
    """Return `lead`, then the images among the elements of the text.

    When the text shows the lead too, the lead takes missing caption, credit and alt text from there.
    """
    images: dict[str, Image] = {}
    origin: Origin = lead.origin if lead else "html"
    if lead:
        images[_file_name(lead.value[0].url)] = lead.value[0]
    for image in _inside(document, elements):
        key = _file_name(image.url)
        if key in images:
            shown = images[key]
            images[key] = shown.model_copy(
                update={name: getattr(shown, name) or getattr(image, name) for name in ("caption", "credit", "alt")}
            )
        elif len(images) < _MOST:
            images[key] = image
    return Found(list(images.values()), origin) if images else None


def _inside(document: Document, elements: list[html.HtmlElement]) -> Iterator[Image]:
    """Yield the images in the box that holds most of the text, except in navigation, headers, footers and asides."""
    pictures = document.structured.parts.images
    if not pictures:
        return
    holder = _holder(document, elements)
    if holder is None:
        return
    for picture in pictures:
        ancestors = list(picture.iterancestors())
        if holder not in ancestors or not _is_content(picture):
            continue
        if any(ancestor.tag in _OUTSIDE for ancestor in ancestors[: ancestors.index(holder)]):
            continue
        figure = next((a for a in ancestors if a.tag == "figure"), None)
        caption, credit = _caption(figure)
        alt = one_line(picture.get("alt") or "") or None
        for address in _addresses(picture):
            if image := _image(document, address, lead=False, caption=caption, credit=credit, alt=alt):
                yield image
                break


def _holder(document: Document, elements: list[html.HtmlElement]) -> html.HtmlElement | None:
    """Return the lowest element above at least 80 % of the text's elements.

    When the text stands elsewhere (in a script), return the first `<article>`, or None.
    """
    elements = [e for e in elements if e.getroottree().getroot() is document.tree.getroottree().getroot()]
    if not elements:
        return next(document.tree.iter("article"), None)
    counts: dict[html.HtmlElement, int] = {}
    for element in elements:
        for ancestor in element.iterancestors():
            counts[ancestor] = counts.get(ancestor, 0) + 1
    enough = [element for element, count in counts.items() if count >= 0.8 * len(elements)]
    return max(enough, key=lambda e: sum(1 for _ in e.iterancestors())) if enough else None


def _is_content(picture: html.HtmlElement) -> bool:
    """Return whether neither size (pixels), class, id nor alt text mark `picture` as furniture of the page."""
    for side in ("width", "height"):
        size = re.match(r"\d+", picture.get(side) or "")
        if size and int(size[0]) < _SMALLEST:
            return False
    names = [picture.get("class"), picture.get("id"), picture.get("alt")]
    parent = picture.getparent()
    names += [parent.get("class")] if parent is not None else []
    return not any(name and _is_furniture(name) for name in names)


def _addresses(picture: html.HtmlElement) -> Iterator[str]:
    """Yield the URLs of a picture, the largest of a srcset: first from `<source>` elements beside, then its own."""
    own = [(name, picture.get(name)) for name in table("images")["lazy"]]
    parent = picture.getparent()
    if parent is not None and parent.tag == "picture":
        own = [("srcset", s.get("srcset") or s.get("data-srcset")) for s in parent.iter("source")] + own
    for name, value in own:
        if value and not value.startswith("data:"):
            yield largest(value) if "srcset" in name else value


def largest(srcset: str) -> str:
    """Return the URL with the greatest width or density in `srcset` (HTML, srcset attribute)."""
    best, address = -1.0, ""
    for part in re.split(r",\s+|,(?=https?:|//|/)", srcset):
        pieces = part.split()
        if not pieces:
            continue
        size = re.match(r"[\d.]+", pieces[-1]) if len(pieces) > 1 else None
        value = float(size[0]) if size else 0.0
        if value > best:
            best, address = value, pieces[0].rstrip(",")
    return address


def _caption(figure: html.HtmlElement | None) -> tuple[str | None, str | None]:
    """Return the caption and the credit of `figure`."""
    if figure is None:
        return None, None
    text = " ".join(visible_text(caption, 1000) for caption in figure.iter("figcaption"))
    credit = None
    for element in figure.iter(etree.Element):
        name = f"{element.get('class', '')} {element.get('itemprop', '')}".lower()
        if any(word in name for word in table("images")["credit_classes"]) and (part := visible_text(element, 120)):
            credit = part
            text = text.replace(part, " ") if folded(part) != folded(text) else ""
            break
    return split_credit(one_line(text), credit)


def split_credit(text: str, credit: str | None = None) -> tuple[str | None, str | None]:
    """Return the caption and the credit in `text`, without the word that opens a credit ("Photo:", "Foto:", "©")."""
    match = _credit().search(text)
    if match and not credit:
        credit, text = match["who"], text[: match.start()]
    if credit and (inner := _credit().match(credit)):
        credit = inner["who"]
    return one_line(text).strip(" |–—-") or None, _unwrapped(one_line(credit or "")) or None


def _unwrapped(credit: str) -> str:
    """Return `credit` without the marks around the name; whole brackets at the end stay: "NURIA VEGA (EFE)"."""
    credit = credit.strip(" |.:©/")
    if credit.count("(") != credit.count(")") or credit.startswith(("(", "[")):
        credit = credit.strip(" ()[]|.:©/")
    return credit


def _from_node(value: Any) -> tuple[str | None, str | None, str | None]:
    """Return URL, caption and credit of an image in JSON-LD, which may be a node or a URL."""
    if isinstance(value, dict):
        address = value.get("url") or value.get("contentUrl") or value.get("@id")
        address = address[0] if isinstance(address, list) and address else address
        credit = value.get("creditText") or value.get("copyrightNotice")
        texts = [plain_text(text) if isinstance(text, str) else "" for text in (value.get("caption"), credit)]
        return (address if isinstance(address, str) else None, *split_credit(texts[0], texts[1] or None))
    return (value, None, None) if isinstance(value, str) else (None, None, None)


def _image(
    document: Document,
    address: str | None,
    *,
    lead: bool,
    caption: str | None = None,
    credit: str | None = None,
    alt: str | None = None,
) -> Image | None:
    url = document.absolute(address)
    if url is None:
        return None
    path = urlsplit(url).path
    if path.lower().endswith((".svg", ".ico")) or _is_furniture(path.rsplit("/", 1)[-1]):
        return None
    return Image(url=url, caption=caption or None, credit=credit or None, alt=alt or None, lead=lead)


def _file_name(url: str) -> str:
    """Return the file's name without sizes, the same for all URLs of a picture."""
    name = urlsplit(url).path.rsplit("/", 1)[-1].lower()
    return re.sub(r"[-_](?:\d+x\d+|\d{2,4}w?|scaled|large|medium|small)(?=\.|$)", "", name) or url
