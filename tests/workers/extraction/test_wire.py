"""Check the agency of an article: credits, datelines and bylines as agencies and newspapers write them."""

from __future__ import annotations

import pytest

from schemas.article import Author
from tests.workers.extraction.pages import document
from workers.extraction.fields.found import Found
from workers.extraction.fields.wire import find_wire

STORY = " The council met on Friday, and the bridge was open again after two years of works." * 6
HAN = "市议会星期五开会，决定大桥在两年之后重新开放，市长说今后不再收费。" * 20


@pytest.mark.parametrize(
    ("begins", "agency"),
    [
        ("PORT HALLAM, Maine (AP) — The council", "ap"),
        ("BERLIN, Nov 3 (Reuters) - The council", "reuters"),
        ("London, Nov 3, 2026 (AFP) - The council", "afp"),
        ("KUALA LUMPUR, Nov 3 (Bernama) -- The council", "bernama"),
        ("New Delhi, Nov 3 (PTI) The council", "pti"),
        ("BEIJING, Nov. 3 (Xinhua) -- The council", "xinhua"),
        ("Berlin (dpa) - Der Rat", "dpa"),
        ("Stuttgart (dpa/lsw) - Der Rat", "dpa"),
        ("Bern (awp/sda) - Der Rat", "sda"),
        ("Wien (APA) – Der Rat", "apa"),
        ("Bonn (epd). Der Rat", "epd"),
        ("Madrid, 14 oct (EFE).- El consejo", "efe"),
        ("MADRID, 14 Oct. (EUROPA PRESS) - El consejo", "europapress"),
        ("Lisboa, 03 nov 2026 (Lusa) – O conselho", "lusa"),
        ("(ANSA) - ROMA, 03 NOV - Il consiglio", "ansa"),
        ("ROMA (ITALPRESS) - Il consiglio", "italpress"),
        ("Roma, 3 nov. (Adnkronos) - Il consiglio", "adnkronos"),
        ("PARIS (Agence France-Presse) — Le conseil", "afp"),
        ("Bruxelles (Belga) - Le conseil", "belga"),
        ("ANKARA (AA) - Meclis", "aa"),
        ("Jakarta (ANTARA) - Dewan", "antara"),
        ("Oslo (NTB): Rådet", "ntb"),
        ("МОСКВА, 3 ноя — РИА Новости. Совет", "ria"),
        ("МОСКВА, 3 ноября. /ТАСС/. Совет", "tass"),
        ("Москва. 3 ноября. INTERFAX.RU - Совет", "interfax"),
        ("القاهرة 3 نوفمبر (رويترز) - المجلس", "reuters"),
        ("باريس (أ ف ب) - المجلس", "afp"),
        ("تهران - ایرنا - شورا", "irna"),
    ],
)
def test_datelines(begins: str, agency: str) -> None:
    wire = find_wire(document("<p>-</p>"), None, begins + STORY)
    assert wire == Found(agency, "text")


@pytest.mark.parametrize(
    ("begins", "agency"),
    [
        ("新华社北京11月3日电（记者王明）", "xinhua"),
        ("中新社北京11月3日电 ", "chinanews"),
        ("中新网11月3日电 ", "chinanews"),
        ("（中央社記者王小明台北3日電）", "cna"),
        ("【ロンドン共同】", "kyodo"),
        ("【ワシントン時事】", "jiji"),
        ("(서울=연합뉴스) 홍길동 기자 = ", "yonhap"),
        ("[서울=뉴시스] 홍길동 기자 = ", "newsis"),
    ],
)
def test_datelines_without_spaces(begins: str, agency: str) -> None:
    wire = find_wire(document("<p>-</p>"), None, begins + HAN)
    assert wire == Found(agency, "text")


@pytest.mark.parametrize(
    ("ends", "agency"),
    [
        (" (Reuters)", "reuters"),
        (" (AFP, Reuters)", "afp"),
        ("\n\n(PAP)", "pap"),
        ("\n\n(ANSA).", "ansa"),
        ("\n\n/ritzau/", "ritzau"),
        ("\n\n(©NTB)", "ntb"),
        ("（共同）", "kyodo"),
        ("\n\n(dpa/tmn)", "dpa"),
        ("\n\n© dpa-infocom, dpa:261103-930-123456/1", "dpa"),
    ],
)
def test_credits_at_the_end(ends: str, agency: str) -> None:
    wire = find_wire(document("<p>-</p>"), None, STORY.strip() + ends)
    assert wire == Found(agency, "text")


@pytest.mark.parametrize(
    ("name", "agency"),
    [
        ("The Associated Press", "ap"),
        ("Jane Doe, Associated Press", "ap"),
        ("Jane Doe | Reuters", "reuters"),
        ("REUTERS", "reuters"),
        ("AFP", "afp"),
        ("Agencia EFE", "efe"),
        ("dpa", "dpa"),
        ("Redazione Ansa", "ansa"),
        ("新华社", "xinhua"),
        ("연합뉴스", "yonhap"),
        ("Рейтер", "reuters"),
    ],
)
def test_bylines(name: str, agency: str) -> None:
    authors = Found([Author(name=name, kind="organization", url=None)], "json-ld")
    assert find_wire(document("<p>-</p>"), authors, STORY) == Found(agency, "json-ld")


@pytest.mark.parametrize(
    "text",
    [
        "The minister told Reuters that the bridge would open." + STORY,
        "Senator Bob Cassidy (PA) said on Friday that the bridge would open." + STORY,
        "American Airlines (AA) and others fly there again since Friday, the airport said." + STORY,
        STORY + " Dow Jones futures fell. The AP exam was hard, pupils told dpa and others.",
        STORY + " The European Parliament (EP) votes on it in spring, and the Sports Authority (SPA) agrees.",
        "Die Apa sagte nichts. Ein Sprecher der Nachrichtenagentur dpa kam auch." + STORY,
    ],
)
def test_mentions_are_no_credits(text: str) -> None:
    assert find_wire(document("<p>-</p>"), None, text) is None
