"""Language tags in their usual form; text that names no language gives none."""

from __future__ import annotations

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from pydantic import ValidationError

from newsline.extract.manifest import page_from_bytes
from newsline.sources.naming import name_and_language
from schemas.languages import language_tag
from schemas.source import Source

#: Tags as sites declare them, with their usual form.
TAGS = {
    **{"en": "en", " EN_us ": "en-US", "pt-br": "pt-BR", "es-419": "es-419", "en-001": "en-001", "zh_TW": "zh-TW"},
    **{"zh-hant-tw": "zh-Hant-TW", "zh-Hans": "zh-Hans", "sr-Latn": "sr-Latn", "ku-arab": "ku-Arab", "nb-NO": "nb-NO"},
    # charsets, modifiers, variants and other additions
    **{"en_US.UTF-8": "en-US", "fr-FR@euro": "fr-FR", "de-1996": "de", "ca-valencia": "ca", "en-": "en"},
    **{"zh-cmn-Hans-CN": "zh-Hans-CN", "zh-cmn": "zh", "zh-yue": "yue", "zh_CN_#Hans": "zh-CN"},
    # deprecated and long codes
    **{"iw": "he", "in_ID": "id-ID", "mo": "ro", "sh": "sr-Latn", "eng": "en", "deu-DE": "de-DE", "arb": "ar"},
    **{"cmn": "zh", "en-UK": "en-GB", "prs": "fa", "prs-AF": "fa-AF"},
    # regions and scripts that do not exist
    **{"en-EN": "en", "ar-xx": "ar", "en-text": "en"},
}
NO_TAGS = (
    "utf utf-8 UTF-16LE iso-8859-1 windows-1251 win-1251 text html german english jp cz gr dk ua vn xx und mul zxx"
    " x-default i-klingon C POSIX en/US 1 -"
).split()


@pytest.mark.parametrize("text", TAGS)
def test_a_tag_has_its_usual_form(text: str) -> None:
    assert language_tag(text) == TAGS[text]
    assert language_tag(TAGS[text]) == TAGS[text]


@pytest.mark.parametrize("text", [*NO_TAGS, "", "english language", "de, en", "en;q=0.8"])
def test_text_that_names_no_language_gives_no_tag(text: str) -> None:
    assert language_tag(text) is None


def test_every_language_that_texts_are_detected_in_has_a_tag() -> None:
    names = LanguageIdentifier.from_model_file(MODEL_FILE).nb_classes
    assert [name for name in names if len(name) == 2 and not language_tag(name)] == []


def test_a_source_has_a_language_that_exists() -> None:
    assert Source(id="a", name="A", home="https://a.example/", language="pt-br").language == "pt-BR"
    with pytest.raises(ValidationError):
        Source(id="a", name="A", home="https://a.example/", language="jp")


def test_the_language_of_a_site_comes_from_its_home_page() -> None:
    def declared(head: str) -> str | None:
        return name_and_language(page_from_bytes(head.encode(), "https://a.example/"))[1]

    assert declared('<html lang="en-us"><title>A</title>') == "en-US"
    assert declared('<html lang="utf-8"><meta property="og:locale" content="de_AT.UTF-8"><title>A</title>') == "de-AT"
    assert declared("<title>A</title>") is None
