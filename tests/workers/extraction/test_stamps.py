"""Date stamps of many languages before the text are told from sentences that hold a date."""

from __future__ import annotations

import pytest

from workers.cleaning.passage import Finding, Passage, Place, Story
from workers.cleaning.stamp import judge

STAMPS = """
24 novembre 2026 (modifica il 25 novembre 2026 | 10:30)
Pubblicato il 24 novembre 2026 alle 10:30
Giriş: 24.11.2026 - 10:30 Güncelleme: 24.11.2026 - 11:00
24 Kasım 2026 Salı 10:30
เผยแพร่เมื่อ 24 พฤศจิกายน 2569 เวลา 10:30 น.
Publikováno: 24. 11. 2026 Aktualizace: 25. 11. 2026
Publikované 24. novembra 2026 o 10:30
Opublikowano: wtorek, 24 listopada 2026, 10:30
公開日: 2026年11月24日 更新日: 2026年11月25日
입력 2026.11.24. 오전 10:30 수정 2026.11.24. 오전 11:00
발행일 2026-11-24
發布時間 2026/11/24 10:30
Dienstag, 24. November 2026, 10:30 Uhr Aktualisiert am 25. November 2026
Publié le mardi 24 novembre 2026 à 10h30, mis à jour le 25 novembre 2026
Última actualización: 24/11/2026 a las 10:30 h
Publicado em 24 de novembro de 2026 às 10h30
Опубликовано: 24 ноября 2026, 10:30
Публикувано: 24.11.2026 г.
Objavljeno: utorak, 24. studenoga 2026. u 10:30
Објављено: 24. новембра 2026.
Δημοσιεύτηκε: Τρίτη 24 Νοεμβρίου 2026 - 10:30
עודכן לאחרונה 24/11/2026 10:30
آخر تحديث: الثلاثاء 24 تشرين الثاني 2026
تاریخ انتشار: ۳ آذر ۱۴۰۵ - ۱۰:۳۰
Opdateret d. 24. nov. 2026 kl. 10.30
Päivitetty tiistaina 24. marraskuuta 2026 klo 10.30
Laatst bijgewerkt: dinsdag 24 november 2026 om 10:30
Đăng ngày thứ ba, 24/11/2026 lúc 10:30 GMT+7
Selasa, 24 Nov 2026 10:30 WIB
प्रकाशित: मंगलवार 24 नवम्बर 2026, 10:30 बजे
প্রকাশিত: ২৪ নভেম্বর ২০২৬, ১০:৩০
Közzétéve: 2026. november 24. kedd 10:30
Publicat: marți, 24 noiembrie 2026, ora 10:30
Paskelbta 2026 m. lapkričio 24 d.
""".strip().split("\n")

SENTENCES = """
Il 24 novembre 2026 il ponte è stato chiuso.
24 Kasım 2026 tarihinde köprü kapatıldı.
Am 24. November 2026 wurde das Museum eröffnet.
Le mardi 24 novembre 2026, le pont a fermé.
Την Τρίτη 24 Νοεμβρίου 2026 έκλεισε η γέφυρα.
В понедельник 24 ноября 2026 года мост закрыли.
Mosten zatvoren 24.11.2026 u 10:30.
24 พฤศจิกายน 2569 สะพานปิด
2026年11月24日に橋が閉鎖された。
""".strip().split("\n")


def _judged(text: str, place: Place) -> Finding | None:
    passage = Passage(0, text, place, True, [text])
    return judge(passage, Story(passages=[passage]))


@pytest.mark.parametrize("line", STAMPS)
def test_a_stamp_before_the_text_is_certain_and_inside_it_may_be_part_of_a_chronicle(line: str) -> None:
    before, inside = _judged(line, "before"), _judged(line, "inside")
    assert before and before.kind == "dateline_stamp" and before.certain
    assert inside and not inside.certain


@pytest.mark.parametrize("line", SENTENCES)
def test_a_sentence_that_holds_a_date_stays(line: str) -> None:
    assert _judged(line, "before") is None
