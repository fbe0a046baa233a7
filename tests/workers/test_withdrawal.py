"""Absence: a page that says with status 200 that nothing is there counts as a visit that found nothing."""

from __future__ import annotations

from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import MissingPageReject, Reject
from schemas.store.identity import Absence, article_id
from schemas.store.visits import Visit
from tests.workers.pages import page
from workers.pages.normalize import normalise
from workers.pages.withdrawal import absence_of


def _visited(body: bytes) -> Page:
    answer = page("p1", body)
    return answer.model_copy(update={"visit": Visit(id=article_id(answer.url), url=answer.url, title="A bridge")})


def test_a_soft_404_is_a_missing_page() -> None:
    answer = _visited(b"<html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>")
    record = normalise(answer, Settings())
    assert isinstance(record, MissingPageReject)
    assert (record.reason, absence_of(answer, record)) == ("not_article", Absence.MISSING)
    assert record.model_dump() == Reject(**record.model_dump()).model_dump(), "the feed's line is that of any reject"


def test_another_reject_says_nothing_about_the_article() -> None:
    answer = _visited(b"<html><head><title>A bridge</title></head><body><h1>A bridge</h1><p>Soon.</p></body></html>")
    record = normalise(answer, Settings())
    assert type(record) is Reject
    assert absence_of(answer, record) is None
