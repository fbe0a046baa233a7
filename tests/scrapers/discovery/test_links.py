"""What links lead to, by the shape of their URL, their place and their words, in the languages of news sites."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from scrapers.discovery.links import Leads, Place, article_shaped, classify_link, page_number

TEASER, MENU, FOOTER, PLAIN = Place(teaser=True), Place(navigation=True), Place(footer=True), Place()

CASES: list[tuple[str, str, Place, Leads]] = [
    # articles by the shape of their URL
    ("/2025/11/03/harbour-ferry-returns/", "Harbour ferry returns after two years", TEASER, Leads.ARTICLE),
    ("/news/harbour-ferry-returns-after-two-years", "", PLAIN, Leads.ARTICLE),
    ("/lokales/fischtreppe-90412.html", "Fischtreppe eröffnet", TEASER, Leads.ARTICLE),
    ("/a/1234567", "Ein neuer Anfang für die Brücke", TEASER, Leads.ARTICLE),
    ("/news/article.php?id=4711", "Новый мост открыт в городе", TEASER, Leads.ARTICLE),
    ("/港の連絡船が三年ぶりに再開", "連絡船", TEASER, Leads.ARTICLE),
    ("/2025/11/03/", "Harbour ferry returns", TEASER, Leads.NEITHER),
    # by what is said of it
    ("/minato", "連絡船が三年ぶりに運航を再開した島の港で式典", TEASER, Leads.ARTICLE),
    ("/news/ferry", "Harbour ferry returns after two long years", TEASER, Leads.ARTICLE),
    # sections
    ("/sport/", "Sport", MENU, Leads.SECTION),
    ("/politik", "Politik", MENU, Leads.SECTION),
    ("/news/world/europe", "Europe", MENU, Leads.SECTION),
    ("/category/economy/", "Economy", PLAIN, Leads.SECTION),
    ("/category/world-news-from-all-over/", "World news", MENU, Leads.SECTION),
    ("/%D9%85%D8%AD%D9%84%D9%8A%D8%A7%D8%AA/", "محليات", MENU, Leads.SECTION),
    # neither
    ("/", "Home", MENU, Leads.NEITHER),
    ("/impressum", "Impressum", FOOTER, Leads.NEITHER),
    ("/privacy-policy/", "How we handle the data of our readers", FOOTER, Leads.NEITHER),
    ("/politica-de-privacidad", "Política de privacidad", MENU, Leads.NEITHER),
    ("/tag/ferries", "Ferries", TEASER, Leads.NEITHER),
    ("/author/jane-roe/", "Jane Roe", TEASER, Leads.NEITHER),
    ("/login?next=/", "Log in", MENU, Leads.NEITHER),
    ("/files/report.pdf", "The report on the harbour, in full length", TEASER, Leads.NEITHER),
    # endless calendars and facets
    ("/2025/11/", "November", MENU, Leads.NEITHER),
    ("/archive/2025/11/03", "3", PLAIN, Leads.NEITHER),
    ("/events?month=2031-05", "Next month of our calendar of events", PLAIN, Leads.NEITHER),
    ("/news?startdate=2025-01-01", "All the news of the first of January", PLAIN, Leads.NEITHER),
    ("/shop?color=red&sort=price", "Red", MENU, Leads.NEITHER),
    ("/sport/?filter=football&order=asc", "Everything about football in one list", PLAIN, Leads.NEITHER),
    # pages of lists
    ("/sport/page/2/", "Older posts", PLAIN, Leads.NEXT),
    ("/sport?page=2", "Nächste Seite", PLAIN, Leads.NEXT),
    ("/sport?page=2", "次へ", PLAIN, Leads.NEXT),
    ("/sport?page=2", "التالي", PLAIN, Leads.NEXT),
    ("/sport?page=7", "7", PLAIN, Leads.NEITHER),
    ("/news/the-next-story-of-the-day/", "Next story", PLAIN, Leads.ARTICLE),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "place", "leads"), CASES, ids=[case[0] for case in CASES])
def test_judge(path: str, text: str, place: Place, leads: Leads) -> None:
    assert classify_link(urlsplit("https://news.example" + path), text, place) is leads


def test_rel_next_leads_to_the_next_page_only_where_it_has_a_number() -> None:
    assert classify_link(urlsplit("https://news.example/sport/p2"), "", PLAIN, "next") is Leads.NEXT
    assert classify_link(urlsplit("https://news.example/a/other-story-4711"), "Other", PLAIN, "next") is not Leads.NEXT


SHAPED = {
    "/2025/11/03/harbour-ferry-returns/": True,
    "/a/harbour-ferry-returns-after-two-years": True,
    "/?p=4711": True,
    "/": False,
    "/sport/": False,
    "/sport/page/2/": False,
    "/tag/harbour-ferry": False,
    "/2025/11/03/": False,
    "/about": False,
}


@pytest.mark.parametrize("path", SHAPED)
def test_article_shaped(path: str) -> None:
    assert article_shaped(urlsplit("https://news.example" + path)) is SHAPED[path]


@pytest.mark.parametrize(
    ("path", "number"),
    [("/page/2/", 2), ("/x/seite-12", 12), ("/?page=3", 3), ("/?p=4711", None), ("/2", None), ("/x", None)],
)
def test_page_number(path: str, number: int | None) -> None:
    assert page_number(urlsplit("https://news.example" + path)) == number
