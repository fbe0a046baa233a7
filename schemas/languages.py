"""Language tags: the only place with knowledge of existing languages, scripts and regions (CLDR, by Babel).

Babel is loaded on first use and takes 18 ms and 5 MB; langcodes, the other library for tags, takes 100 ms and 11 MB.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

#: `language[-script][-region]` with `-` or `_`; then variants, a charset (en_US.UTF-8) or a modifier (fr_FR@euro).
#: Chinese may stand as `zh-cmn-Hans`, with an extended language subtag (RFC 5646, 2.2.2). ISO-8859-1 is a charset.
_TAG = re.compile(
    r"(?!(?:iso|win)[-_]?\d)(?:zh[-_](?=[a-z]{3}(?:[-_]|$)))?"
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:$|[-_.@])",
    re.I,
)


def language_tag(text: str) -> str | None:
    """Return the language of `text` as a BCP-47 tag in the usual case; None for text without a language.

    Deprecated and long codes get their usual form (iw: he, eng: en, cmn: zh, en-UK: en-GB). Unknown scripts,
    unknown regions, variants and extensions are left out.
    """
    match = _TAG.match(text.strip())
    if not match:
        return None
    registry = _registry()
    language, *implied = registry.aliases.get(match[1].lower(), match[1].lower()).split("_")
    if language not in registry.languages:
        return None
    script, region = (match[2] or "").title(), (match[3] or "").upper()
    if script not in registry.scripts:
        script = next((part for part in implied if part in registry.scripts), "")
    if not region.isdigit():
        region = registry.regions.get(region, "")
    return "-".join(filter(None, (language, script, region)))


class _Registry(NamedTuple):
    languages: frozenset[str]
    scripts: frozenset[str]
    #: Regions, also under their deprecated codes.
    regions: dict[str, str]
    aliases: dict[str, str]


@cache
def _registry() -> _Registry:
    from babel.core import get_global  # here: most processes check no language

    likely = get_global("likely_subtags")
    regions = {code: code for code in get_global("territory_languages")}
    regions |= {old: new[0] for old, new in get_global("territory_aliases").items() if len(old) == 2 and len(new) == 1}
    return _Registry(
        languages=frozenset(likely) - {"und"},
        scripts=frozenset(tag.split("_")[1] for tag in likely.values()),
        regions=regions,
        aliases={old: new for old, new in get_global("language_aliases").items() if "_" not in old},
    )
