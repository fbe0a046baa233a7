"""Split a byline into names without the words around them; tell people, organisations and nobody apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from schemas.text import one_line
from workers.extraction.fields.dates.date_parser import month_number
from workers.extraction.fields.letters import LETTER, MARKS
from workers.extraction.structured.site import folded
from workers.extraction.tables import any_of, table

Kind = Literal["person", "organization"]

_EMAIL = re.compile(r"(?<!\S)\S[^\s@]*+@\S+\.\S+")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.I)
_BRACKETED = re.compile(r"(?:(?<!\s)\s+)?[(\[（【][^)\]）】]{0,500}[)\]）】]")
_ENDS = " \t.,;:|/·•–—-*~\"'“”„«»‹›＊／：、，"
_PARTS = re.compile(
    r"(?:(?<!\s)\s+)?(?:[;|／、，؛،•·\n]|,|(?<=\w)\s?[-–—]\s|\s/\s|(?<=[^\W\d_]{3})/(?=[^\W\d_]{3}))\s*"
)
#: A dash before the place where somebody is: "Jane Doe — London".
_PLACE = re.compile(r"\s[–—]\s[^–—]+$")
_ON_NETWORK = re.compile(r"(?<!\s)\s+on\s+(?:Facebook|Twitter|X|Instagram|LinkedIn)\b.*", re.I)
_TEMPLATE = re.compile(r"\{\{|\$\{|<%|\[\[")
#: "Deutsche Welle (www.dw.com)": a name with a host is an organisation.
_OWN_ADDRESS = re.compile(r"^\w[^()]+\((?:https?://)?www\.[^()\s]+\)$")
#: An agency or desk with the initials of the editor: "dpa/lno", "MDR THÜRINGEN/ls".
_CREDIT = re.compile(
    r"(?:[A-Za-zÄÖÜäöü.\-]{2,16}|[A-ZÄÖÜ.\- ]{2,24})\s?/\s?[A-Za-zäöü]{2,5}(?:[/;,]\s?[A-Za-zäöü]{2,5})*"
)
_HOST = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[a-z]{2,}")
_LOGIN = re.compile(r"(?<![a-z])(?:[a-z]+[._][a-z]+|[a-z]+\d+)")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_NAME = re.compile(
    r"[\u3400-\u9fff々〆]{2,5}|[\u30a0-\u30ff・･ー]{2,16}|[\uac00-\ud7af]{2,4}|[\u3040-\u30ff\u3400-\u9fff々・\s]{2,12}"
)
#: A Korean name; a line with more words is a sentence or a headline.
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_HANGUL_NAME = re.compile(r"[\uac00-\ud7af]{2,6}(?: [\uac00-\ud7af]{1,5})?")
#: The middle dot between names in Chinese characters; in katakana, the dot joins the parts of a name.
_MIDDLE_DOT = re.compile(r"(?<=[\u3400-\u9fff々])・(?=[\u3400-\u9fff])")
#: A Chinese name of two characters, spaced out to the width of three.
_SPACED = re.compile(r"[\u3400-\u9fff] [\u3400-\u9fff]")
_WORD = re.compile(rf"{LETTER}+(?:[.'’\-‐]{LETTER}+)*\.?")
#: German "von" before a first name and a family name; in "von Hirschhausen", "von" is part of the name.
_VON = re.compile(r"[Vv]on\s+(?=[A-ZÄÖÜ]\S+\s+[A-ZÄÖÜ])")
#: The most words and characters of a name; the most characters of a byline.
_MOST_WORDS = 6
_LONGEST = 70
_LONGEST_LINE = 500
_EDGES = re.compile(rf"^[^\w'’]+|[^\w.'’){MARKS}]+$")
#: "And" as a letter right before the second name: Arabic waw, Hebrew vav.
_JOINED = re.compile(r"(?<=\S)\s+[وו](?=[\u05d0-\u05ea\u0621-\u064a]{2,})")


@dataclass(frozen=True)
class Name:
    """A cleaned name, of a person or of an organisation."""

    text: str
    kind: Kind


@dataclass(frozen=True)
class _Words:
    """The words of tables/bylines.toml and tables/agencies.toml, as patterns and sets."""

    sure: re.Pattern[str]
    unsure: re.Pattern[str]
    between: re.Pattern[str]
    roles: frozenset[str]
    nobody: frozenset[str]
    organization: frozenset[str]
    organization_marks: tuple[str, ...]
    agencies: frozenset[str]
    signatures: frozenset[str]
    pictures: tuple[str, ...]
    with_letter: frozenset[str]
    reports: tuple[str, ...]
    picture_credit: re.Pattern[str]
    other_credit: re.Pattern[str]
    edited: re.Pattern[str]
    wrote: re.Pattern[str]
    agency_end: re.Pattern[str]
    joint: re.Pattern[str]
    inside: re.Pattern[str]
    in_names: frozenset[str]
    particles: frozenset[str]
    articles: frozenset[str]
    after: frozenset[str]
    agency: frozenset[str]
    steps: frozenset[str]
    makers: tuple[str, ...]
    weekdays: frozenset[str]


@cache
def _words() -> _Words:
    data = table("bylines")

    def prefix(words: Iterable[str]) -> re.Pattern[str]:
        parts = []
        for word in sorted(words, key=len, reverse=True):
            end = r"\s*[:：／/＝=]?\s*" if _CJK.search(word) else r"\.?(?:\s*[:：]\s*|\s+)"
            parts.append(re.escape(word.rstrip(":")) + end)
        return re.compile("(?:" + "|".join(parts) + ")", re.I)

    organization, pictures = data["organization"]["words"], data["pictures"]
    took = any_of(pictures["credit_by"])
    names = [name for forms in table("agencies").values() for name in forms]
    return _Words(
        sure=prefix(data["before"]["sure"]),
        unsure=prefix(data["before"]["unsure"]),
        between=re.compile(
            r"(?<!\s)\s+(?:&|" + "|".join(re.escape(w) for w in set(data["between"]["words"])) + r")\s+", re.I
        ),
        roles=frozenset(data["roles"]["words"]),
        nobody=frozenset(folded(name) for name in data["nobody"]["names"]),
        organization=frozenset(organization),
        organization_marks=tuple(w for w in organization if _CJK.search(w)),
        agencies=frozenset(folded(name) for name in names if len(name) > 4 or not name.isascii()),
        signatures=frozenset(name.casefold() for name in names if 3 <= len(name) <= 4),
        pictures=tuple(folded(name) for name in pictures["agencies"]),
        reports=tuple(data["line"]["han"]["reports"]),
        with_letter=frozenset(data["between"]["names_with_letter"]),
        makers=tuple(data["makers"]["before"]),
        weekdays=frozenset(data["weekdays"]["names"]),
        picture_credit=re.compile(
            rf"(?:^|(?<=[^\s,;|／/])[\s,;|／/]+){any_of(pictures['before'])}\s*(?:[:：／/]|{took}\b)\s*(?P<who>.*)",
            re.I,
        ),
        joint=re.compile(rf"(?:[&+/／]|(?<!\w){any_of(data['between']['words'])})\s*$", re.I),
        other_credit=re.compile(rf"^{any_of(pictures['credits'])}\b.{{0,20}}?(?::|©|\b{took}\b)", re.I),
        edited=re.compile(rf"(?<=[^\s,;|])[\s,;|]+{any_of(data['before']['edited'])}\b.*", re.I),
        wrote=re.compile(rf"(?<!\w){any_of(data['before']['wrote'])}\s*[:：]", re.I),
        agency_end=re.compile(rf"(?<=\w)(?:\s+|\s/\s){any_of(n for n in names if len(n) > 1)}\s*$"),
        inside=re.compile(rf"(?i:\b{any_of(data['before']['inside'])}\s+)(?=[A-ZÀ-ÞĀ-Ž]\S*\s+\S)"),
        in_names=frozenset(data["between"]["in_names"]),
        particles=frozenset(data["small"]["particles"]),
        articles=frozenset(data["small"]["articles"]),
        after=frozenset(data["small"]["after"]),
        agency=frozenset(data["organization"]["agency"]),
        steps=frozenset(table("crumbs")["home"]) | frozenset(table("crumbs")["nothing"]),
    )


def split_byline(text: str, sites: frozenset[str], *, visible: bool, person: bool = False) -> list[Name]:
    """Return the names in `text`, in order and without doubles.

    `sites`: the folded names of the site, which is no person.
    `visible`: readers see the line, so words such as "von" at the start are grammar; in metadata, a part of the name.
    `person`: the markup calls `text` a person's name, so brackets belong to the name unless they hold an organisation.
    """
    words = _words()
    text = one_line(text)
    if len(text) > _LONGEST_LINE or _TEMPLATE.search(text):
        return []
    text = _MIDDLE_DOT.sub("、", text)
    if text.casefold().startswith(words.makers):
        return []
    if _OWN_ADDRESS.search(text):
        return [Name(_BRACKETED.sub("", text).strip(_ENDS), "organization")]
    bare = text if person and _is_own(text) else _BRACKETED.sub("", text)
    text = bare if bare.strip(_ENDS) else text.strip("()[]（）【】 ")
    text = one_line(_ADDRESS.sub(" ", _HANDLE.sub(" ", _EMAIL.sub(" ", text))))
    text, _ = _pictures_apart(text)
    text = words.edited.sub("", text)
    if visible:
        text = _without_employer(_PLACE.sub("", text), words)
    account = _ON_NETWORK.search(text)
    text = _without_prefix(_ON_NETWORK.sub("", text).strip(_ENDS), visible=visible)
    if account and _is_organization(text):
        return []  # the account to follow, not an author
    if not text:
        return []
    if _CREDIT.fullmatch(text):
        return [Name(text, "organization")]
    whole = folded(text)
    if whole in words.nobody:
        return []
    if whole in words.agencies or text.casefold() in words.signatures:
        return [Name(text, "organization")]
    parts = [part for part in _PARTS.split(text) if part]
    if (
        len(parts) == 2
        and "," in text
        and all(len(part.split()) == 1 and part[0].isupper() and not _CJK.search(part) for part in parts)
        and not _is_organization(parts[1])
    ):
        parts = [f"{parts[1]} {parts[0]}"]  # Last, First
    names: dict[str, Name] = {}
    dated = visible and any(character.isdigit() for character in text)  # then a single word is a day or a month
    if _is_organization(text) and "&" in text:
        parts = [text]
    for index, part in enumerate(parts):
        if words.other_credit.match(part):
            continue
        for number, piece in enumerate(_between(part, words)):
            name = None if words.other_credit.match(piece) else _name(piece, words, sites, visible=visible)
            first = index == 0 and (number == 0 or not visible)
            if name and (
                name.kind == "organization"
                or (first and not (dated and " " not in name.text and name.text.isascii()))
                or len(_WORD.findall(name.text)) > 1
                or _CJK.search(name.text)
            ):
                names.setdefault(folded(name.text), name)
    people = [name for name in names.values() if name.kind == "person"]
    return people or list(names.values())  # an organisation beside people is their employer


def photographers(text: str, sites: frozenset[str]) -> list[Name]:
    """Return the people whom the byline `text` names for the pictures and nothing else."""
    _, who = _pictures_apart(one_line(text))
    return split_byline(who, sites, visible=True) if who else []


def _pictures_apart(text: str) -> tuple[str, str]:
    """Return a byline without the picture credit, and the credit's names; "Text und Foto: Ann Lee" stays whole."""
    words = _words()
    match = words.picture_credit.search(text)
    if not match or words.joint.search(text[: match.start()]):
        return text, ""
    who, wrote = match["who"], words.wrote.search(match["who"])
    if wrote:
        return f"{text[: match.start()]}{who[wrote.start() :]}", who[: wrote.start()]
    return text[: match.start()], who


def _without_employer(text: str, words: _Words) -> str:
    """Return `text` without the agency right after a full name: "LISA GREY Associated Press", "Karin Öberg TT"."""
    match = words.agency_end.search(text)
    name = text[: match.start()] if match else ""
    return name if len(name.split()) > 1 and not words.joint.search(name) else text


def is_account(text: str) -> bool:
    """Return whether `text` looks like a login: a single word in small Latin letters."""
    return text.isascii() and text.islower() and text.isalpha()


def is_agency(text: str) -> bool:
    """Return whether `text` is a news agency's name or signature."""
    words = _words()
    tokens = set(text.casefold().split())
    return folded(text) in words.agencies or text.casefold() in words.signatures or bool(tokens & words.agency)


def is_label(text: str) -> bool:
    """Return whether `text` is a label before a name: "Written by"."""
    return bool(_words().sure.fullmatch(f"{one_line(text)} "))


def is_cjk(text: str) -> bool:
    """Return whether `text` has Han, kana or Hangul characters."""
    return bool(_CJK.search(text))


def is_personal(text: str) -> bool:
    """Return whether `text` may name a person although the site has the same name, as on a writer's own site."""
    tokens = text.split()
    return 2 <= len(tokens) <= 4 and tokens[0].casefold() not in _words().articles and not _is_organization(text)


def _is_own(text: str) -> bool:
    """Return whether the brackets in a person's name hold a name too, not an agency, an employer or a list."""
    words = _words()
    inside = [part.strip(" ()[]（）【】") for part in _BRACKETED.findall(text)]
    return all(
        folded(part) not in words.agencies
        and part.casefold() not in words.signatures
        and not _is_organization(part)
        and len(part) > 3
        and part[0].isupper()
        and part.replace(" ", "").isalpha()
        for part in inside
    )


def _between(part: str, words: _Words) -> list[str]:
    """Return the names joined by "and"; "Ortega y Gasset" stays whole, because a side has a single word."""
    if _is_organization(part):
        return [part]
    capitals = part.isupper()  # else a lone capital letter is an initial, or a word of a headline
    joints = [j for j in words.between.finditer(part) if capitals or not (len(j[0].strip()) == 1 and j[0].isupper())]
    joiners = [joint[0] for joint in joints]
    ends = [0, *(end for joint in joints for end in joint.span()), len(part)]
    pieces = [part[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    out = _with_letter_before(pieces[0], words)
    for joiner, piece in zip(joiners, pieces[1:], strict=True):
        if joiner.strip().lower() in words.in_names and min(len(out[-1].split()), len(piece.split())) < 2:
            out[-1] += joiner + piece
        else:
            out += _with_letter_before(piece, words)
    return out


def _with_letter_before(piece: str, words: _Words) -> list[str]:
    """Return the names in `piece`, split at the letter before the second; both names need two words."""
    for joint in _JOINED.finditer(piece):
        first, second = piece[: joint.start()], piece[joint.end() :]
        whole = piece[joint.end() - 1 :].split()[0]
        if len(first.split()) >= 2 and len(second.split()) >= 2 and whole not in words.with_letter:
            return [first, *_with_letter_before(second, words)]
    return [piece]


def _without_prefix(text: str, *, visible: bool) -> str:
    """Return `text` without up to three labels before the name."""
    words = _words()
    for _ in range(3):
        match = words.sure.match(text) or _VON.match(text) or (words.unsure.match(text) if visible else None)
        if not match or match.end() >= len(text):
            break
        text = text[match.end() :].strip(_ENDS)
    return text


def _name(piece: str, words: _Words, sites: frozenset[str], *, visible: bool) -> Name | None:
    """Return the name in `piece`, or None when `piece` is the site, a login, a host, a role or a sentence."""
    text = _without_prefix(piece.strip(_ENDS), visible=visible).strip(_ENDS)
    if not text or len(text) > _LONGEST:
        return None
    plain = folded(text)
    if plain in words.nobody or not plain or _LOGIN.fullmatch(text):
        return None
    if plain in sites:
        return Name(text, "organization") if not visible else None
    if _HOST.fullmatch(text) or (visible and plain.endswith(words.pictures)):
        return None
    if visible:
        text = _before_role(text, words)
    if plain in words.agencies or text.casefold() in words.signatures:
        return Name(text, "organization")
    if _is_organization(text):
        if text[0].islower() and (label := words.unsure.match(text)):
            text = text[label.end() :]
        return None if _is_line(text, visible=visible) else Name(text, "organization")
    if _CJK.search(text):
        return _cjk_name(text, words)
    if visible and (inner := words.inside.search(text)):
        text = text[inner.end() :]
    tokens = _after_role(text.split(), words) if visible else text.split()
    lower = [token.casefold().strip(_ENDS) for token in tokens]
    for index, token in enumerate(lower):
        if token in words.roles:
            if index == 0 and len(tokens) > 2 and lower[1] not in words.roles and visible:
                continue
            if index < 2:
                return None
            tokens = tokens[:index]
            break
        if index >= 2 and token in words.after:
            tokens = tokens[:index]
            break
    tokens = [t for t in tokens if t.casefold().strip(_ENDS) not in words.roles] if visible else tokens
    half = len(tokens) // 2
    if len(tokens) % 2 == 0 and half > 1 and tokens[:half] == tokens[half:]:
        tokens = tokens[:half]  # a link and its hidden label
    if (
        visible
        and (host := next((index for index, token in enumerate(tokens) if _HOST.fullmatch(token)), None)) is not None
    ):
        tokens = tokens[:host]
    if visible and (not tokens or tokens[0] in words.after):
        return None
    if len(tokens) > 2 and tokens[0] == tokens[1][0] + tokens[-1][0]:
        tokens = tokens[1:]  # the initials in the place of a picture
    text = _EDGES.sub("", " ".join(tokens)).strip()
    if not text or any(c.isdigit() for c in text) or len(tokens) > _MOST_WORDS:
        return None
    if not any(c.isalpha() for c in text) or text.count("?") or text.count("!") or (visible and ":" in text):
        return None
    initials = [t for t in tokens if t.casefold().rstrip(".") not in words.particles]
    if visible and len(tokens) == 1 and (text.islower() or len(text) < 3 or text.casefold() in words.steps):
        return None
    if len(tokens) > 1 and any(t[0].islower() and t[0].isascii() for t in initials) and (visible or not text.islower()):
        return None
    if plain in words.nobody or folded(text) in sites or folded(text) in words.nobody:
        return None
    return Name(text, "person")


def _is_line(text: str, *, visible: bool) -> bool:
    """Return whether `text`, with a word of organisations, is a sentence or a row of links and no name."""
    words = text.split()
    row = len(words) >= _MOST_WORDS and not any(word[0].islower() for word in words)
    return len(words) > 8 or (visible and (row or ":" in text or any(character.isdigit() for character in text)))


def _before_role(text: str, words: _Words) -> str:
    """Return `text` up to a role, a date or an employer after a full name; the names of organisations stay whole."""
    if inner := words.inside.search(text):
        text = text[inner.end() :]
    tokens = text.split()
    plain = [token.casefold().strip(_ENDS) for token in tokens]
    for index, word in enumerate(plain[2:6], 2):
        dated = word in words.weekdays or any(character.isdigit() for character in word)
        role = word in words.roles and any(t in words.roles - words.organization for t in plain[index:])
        if dated or role or word == "the":
            end = index - 1 if dated and index > 2 and month_number(plain[index - 1], None) else index
            cut = " ".join(tokens[:end])
            return text if plain[0] in words.articles or (role and _is_organization(cut)) else cut
    return text


def _after_role(tokens: list[str], words: _Words) -> list[str]:
    """Return `tokens` without a role before a name: "unserer Redakteurin Greta Holm", "Senior Reporter Ann Lee"."""
    roles = [index for index, token in enumerate(tokens[:3]) if token.casefold().strip(_ENDS) in words.roles]
    rest = tokens[roles[-1] + 1 :] if roles else []
    if 2 <= len(rest) <= 4 and all(token[0].isupper() for token in (rest[0], rest[-1])):
        leading = tokens[: roles[-1]]
        if all(token.islower() or token.casefold() in words.roles for token in leading):
            return rest
    return tokens


def _cjk_name(text: str, words: _Words) -> Name | None:
    """Return the person in `text`, which is in Han, kana or Hangul; None when `text` is a sentence or nobody."""
    for word in sorted(words.roles, key=len, reverse=True):
        if _CJK.search(word):
            text = text.removesuffix(word).removeprefix(word).strip(_ENDS)
    if folded(text) in words.nobody or not text or text.endswith(words.reports):
        return None
    if _HANGUL.search(text) and not _HANGUL_NAME.fullmatch(text):
        return None
    if _SPACED.fullmatch(text):
        text = text.replace(" ", "")
    if text.isascii() or _CJK_NAME.fullmatch(text) or (len(text) <= 14 and not any(c in "。！？的了" for c in text)):
        return Name(text, "person")
    return None


def _is_organization(text: str) -> bool:
    """Return whether `text` has a word or a mark of organisations."""
    words = _words()
    lower = {token.strip(_ENDS) for token in re.split(r"[\s\-–/]+", text.casefold())}
    return bool(lower & words.organization) or any(mark in text for mark in words.organization_marks)
