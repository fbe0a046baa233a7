"""Correction notices, in the languages of the table: out of the text, and told by a flag."""

from __future__ import annotations

import pytest

from tests.workers.extraction.test_body import PARAGRAPHS, body_of, page
from workers.cleaning import correction
from workers.cleaning.passage import Passage, Story

STORY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)

NOTICES = {
    "en label": "Correction: The market stood for 140 years, not 104.",
    "en label and date": "Correction, Nov. 15, 2019: This article misnamed the first publisher of the novel.",
    "en label, date in brackets": "Correction (May 5): The ferry carries 64 passengers.",
    "en sentence": "An earlier version of this article gave the wrong year for the fire.",
    "en behind a note": "Editor’s note: A previous version of this story misspelled the mayor’s name.",
    "en amended": "This article was amended on 8 December 2025. The bridge was opened in 1931, not 1913.",
    "de label": "Korrektur: Der Markt stand 140 Jahre, nicht 104.",
    "de sentence": "Anmerkung der Redaktion: In einer früheren Version dieses Artikels hieß es, die Brücke sei neu.",
    "de Fassung": "In einer früheren Fassung des Artikels stand eine falsche Zahl.",
    "fr label": "Rectificatif, 12 mars 2024 : le pont date de 1931.",
    "fr sentence": "Une version précédente de cet article indiquait à tort que le pont était neuf.",
    "es label": "Fe de errores: el puente es de 1931.",
    "es sentence": "En una versión anterior de este artículo se decía que el puente era nuevo.",
    "pt": "Erramos: uma versão anterior deste texto dizia que a ponte era nova.",
    "it": "Errata corrige: il ponte è del 1931.",
    "nl": "In een eerdere versie van dit artikel stond dat de brug nieuw was.",
    "sv": "Rättelse: I en tidigare version av artikeln angavs fel årtal.",
    "no": "En tidligere versjon av denne artikkelen oppga feil årstall.",
    "da": "Rettelse: Broen er fra 1931.",
    "fi": "Oikaisu 3.5.2024: Silta on vuodelta 1931.",
    "is": "Leiðrétting: Brúin er frá 1931.",
    "pl": "Sprostowanie: w poprzedniej wersji artykułu podaliśmy błędny rok.",
    "cs": "Oprava: V původní verzi článku byl uveden špatný rok.",
    "hu": "Helyreigazítás: cikkünk korábbi változatában rossz évszám szerepelt.",
    "lt": "Ankstesnėje straipsnio versijoje buvo nurodyti klaidingi metai.",
    "ru": "Уточнение: в предыдущей версии текста был указан неверный год.",
    "uk": "Виправлення: у попередній версії статті був неправильний рік.",
    "el": "Διόρθωση: η γέφυρα είναι του 1931.",
    "tr": "Düzeltme: Köprü 1931 yılında açıldı.",
    "ar": "تصحيح: نسخة سابقة من هذا المقال ذكرت سنة خاطئة.",
    "he": "תיקון: בגרסה קודמת של הכתבה צוינה שנה שגויה.",
    "ja": "【訂正】橋の開通は1931年でした。",
    "ja sentence": "橋の開通年に誤りがありました。お詫びして訂正します。",
    "zh": "更正：本文此前版本误写了年份。",
    "ko": "[정정] 다리는 1931년에 개통됐습니다.",
    "ko sentence": "다리 개통 연도를 1931년으로 바로잡습니다.",
    "vi": "Đính chính: Cây cầu khánh thành năm 1931.",
    "id": "Ralat: Versi sebelumnya dari artikel ini menyebut tahun yang salah.",
    "sw": "Masahihisho: Daraja lilifunguliwa mwaka 1931.",
}

NONE = {
    "a word that begins alike": "Corrections officers at the county jail asked for eleven million on Tuesday.",
    "the word in a sentence": "Correction of the course came too late for the ferry, the captain said.",
    "another text's versions": "An earlier version of the bill had passed the council in June.",
    "a product's versions": "En una versión anterior del programa faltaba la función.",
    "where it was printed first": "This article originally appeared in The Harbour Times.",
    "a ministry": "Das Ministerium hat seine Angaben am Dienstag korrigiert und von einer Berichtigung gesprochen.",
    "a street": "Opravami prošla celá ulice, řekl starosta.",
    "more came in": "This story has been updated with comments from the mayor.",
}


def _judged(text: str) -> str | None:
    passage = Passage(0, text, "after", True, [text])
    finding = correction.judge(passage, Story(passages=[passage]))
    return finding.flag if finding else None


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES.keys())
def test_a_notice(notice: str) -> None:
    assert _judged(notice) == "correction"


@pytest.mark.parametrize("text", NONE.values(), ids=NONE.keys())
def test_what_is_none(text: str) -> None:
    assert _judged(text) is None


@pytest.mark.parametrize(
    "article",
    [
        f"{STORY}<p><em>Correction: The market stood for 140 years, not for 104 as we wrote.</em></p>",
        f"<p>Correction appended</p>{STORY}",
        f"{STORY}<h4>Correction</h4><p>We wrote on Tuesday that the market had stood for 104 years. It has not.</p>",
        f"{STORY}<div class='box'><p>An earlier version of this article gave the wrong age of the market.</p></div>",
    ],
    ids=["last paragraph", "on top", "under a name", "in a box"],
)
def test_it_stays_out_of_the_text_and_raises_a_flag(article: str) -> None:
    body = body_of(page(article))
    assert body.text == "\n\n".join(PARAGRAPHS)
    assert body.flags == ["correction"]


def test_an_article_without_one_has_no_flag() -> None:
    assert body_of(page(STORY)).flags == []
