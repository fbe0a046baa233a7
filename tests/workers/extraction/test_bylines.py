"""Check bylines against their names, as newspapers write them: roles, places, agencies, photographers, editors."""

from __future__ import annotations

import pytest

from workers.extraction.fields.personal_names import photographers, split_byline

SITES = frozenset({"thelocal"})

VISIBLE = {
    "By Jane Doe and John Roe, City Hall Reporters": ["Jane Doe", "John Roe"],
    "By LISA GREY and MARY ANN BOYLE Associated Press": ["LISA GREY", "MARY ANN BOYLE"],
    "By Jane Doe in London and John Roe in Paris": ["Jane Doe", "John Roe"],
    "Reporting by Jane Doe; Editing by John Roe": ["Jane Doe"],
    "Written by Jane Doe Edited by John Roe": ["Jane Doe"],
    "Jane Doe / AP": ["Jane Doe"],
    "Jane Doe/The Local": ["Jane Doe"],
    "Department of Health and Human Services": ["Department of Health and Human Services"],
    "Von unserem Korrespondenten Jan Peters, Berlin": ["Jan Peters"],
    "Dr. med. Eva Klein": ["Dr. med. Eva Klein"],
    "Von Max Muster und Foto: Eva Klein": ["Max Muster"],
    "mmu/dpa": ["mmu/dpa"],
    "Par Marie Durand, envoyée spéciale à Rome": ["Marie Durand"],
    "Texte et photos : Jean Dupont": ["Jean Dupont"],
    "Di Maria Rossi, inviata a Milano": ["Maria Rossi"],
    "María Pérez Corresponsal en Bruselas": ["María Pérez"],
    "Redacción / EFE": ["EFE"],
    "Por Helena Prado, g1 SP — São Paulo": ["Helena Prado"],
    "Text och foto: Karin Öberg": ["Karin Öberg"],
    "Fotos: Nils Ek, Text: Karin Öberg": ["Karin Öberg"],
    "Av: Karin Öberg TT": ["Karin Öberg"],
    "Skrevet av Ola Nordmann Publisert": ["Ola Nordmann"],
    "Matti Virtanen STT": ["Matti Virtanen"],
    "oprac. Jan Kowalski": ["Jan Kowalski"],
    "Petra Nováková (ČTK)": ["Petra Nováková"],
    "Η Ελένη Καραγιάννη": ["Ελένη Καραγιάννη"],
    "Elif YILDIZ- Ali KAYA / ANKARA, (DHA)": ["Elif YILDIZ", "Ali KAYA"],
    "Bởi Nguyễn Văn Hải": ["Nguyễn Văn Hải"],
    "כתב: דני כהן": ["דני כהן"],
    "كتب: أحمد محمود - سارة عبد الله": ["أحمد محمود", "سارة عبد الله"],
    "記者王小明／台北報導": ["王小明"],
    "取材・文＝山田太郎": ["山田太郎"],
    "호남은 민주당의 본산": [],
    "News Politics Football Celebs TV Choice Royals": [],
    "Sarah Lazare Twitter": ["Sarah Lazare"],
    "LP Luana Patriolino": ["Luana Patriolino"],
    "Evan Orris, NBA.com December": ["Evan Orris"],
    "Grammy King: Gucci Mane, Brian Hiatt": ["Brian Hiatt"],
    "홍길동·김철수 기자": ["홍길동", "김철수"],
}
PHOTOGRAPHERS = {
    "Text: Karin Öberg Foto: Nils Ek": ["Nils Ek"],
    "Fotos: Nils Ek, Text: Karin Öberg": ["Nils Ek"],
    "Text och foto: Karin Öberg": [],
    "By Jane Doe, Photos by Ann Lee": ["Ann Lee"],
    "By Jane Doe": [],
}


@pytest.mark.parametrize("text", VISIBLE)
def test_who_wrote(text: str) -> None:
    assert [name.text for name in split_byline(text, SITES, visible=True)] == VISIBLE[text]


@pytest.mark.parametrize("text", PHOTOGRAPHERS)
def test_who_took_the_pictures(text: str) -> None:
    assert [name.text for name in photographers(text, SITES)] == PHOTOGRAPHERS[text]
