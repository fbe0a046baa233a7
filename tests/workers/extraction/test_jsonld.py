"""JSON-LD with the faults that newsrooms publish."""

from __future__ import annotations

import pytest

from workers.extraction.structured.jsonld import parse_jsonld
from workers.extraction.structured.nodes import Graph, find_article, plain_text

FAULTY = {
    "trailing commas": '{"headline": "Ein Titel", "author": [{"name": "A B",},],}',
    "block comment": '{"headline": /* the title */ "Ein Titel"}',
    "line comment": '{\n// from the template\n"headline": "Ein Titel"\n}',
    "CDATA": '//<![CDATA[\n{"headline": "Ein Titel"}\n//]]>',
    "commented CDATA": '/*<![CDATA[*/{"headline": "Ein Titel"}/*]]>*/',
    "HTML comment": '<!-- {"headline": "Ein Titel"} -->',
    "raw line break in a string": '{"headline": "Ein Titel", "description": "eins\nzwei"}',
    "wrong escape": r'{"headline": "Ein Titel", "description": "Rock \'n\' Roll \& mehr \x"}',
    "bare quotes": '{"headline": "Ein Titel", "description": "Er sagte "Nein" und ging"}',
    "missing comma": '{"headline": "Ein Titel"\n "description": "eins"}',
    "single quotes": "{\"headline\": 'Ein Titel', \"image\": ['https://a.example/1.jpg']}",
    "quotes as entities": "{&quot;headline&quot;: &quot;Ein Titel&quot;}",
    "semicolon at the end": '{"headline": "Ein Titel"};',
    "byte order mark": '\ufeff{"headline": "Ein Titel"}',
    "cut off after the first value": '{"headline": "Ein Titel"} {"headline": "Zw',
    "address in a string": '{"url": "https://a.example/x", "headline": "Ein Titel",}',
}


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY.keys())
def test_faults_are_repaired(text: str) -> None:
    [value, *_] = parse_jsonld(text)
    assert value["headline"] == "Ein Titel"


def test_bare_quotes_stay_in_the_text() -> None:
    assert parse_jsonld(FAULTY["bare quotes"])[0]["description"] == 'Er sagte "Nein" und ging'


@pytest.mark.parametrize("text", ["", "null and void", "{", "[1, 2", '{"a": ' * 5000])
def test_unreadable_scripts_give_no_values(text: str) -> None:
    assert parse_jsonld(text) == []


def test_several_values_in_one_script() -> None:
    assert [v["n"] for v in parse_jsonld('{"n": 1}\n{"n": 2}')] == [1, 2]


def test_references_are_resolved() -> None:
    graph = Graph(
        [
            {
                "@graph": [
                    {"@type": "NewsArticle", "headline": "Ein Titel", "author": {"@id": "#p"}},
                    {"@type": "Person", "@id": "#p", "name": "Anna Beispiel"},
                ]
            }
        ]
    )
    article = find_article(graph, None, None, set())
    assert graph.text(graph.all(article, "author")[0], "name") == "Anna Beispiel"


def test_the_article_is_told_from_its_neighbours() -> None:
    graph = Graph(
        [
            {"@type": "WebPage", "name": "Ein Titel | Blatt", "url": "https://a.example/x"},
            {"@type": "Organization", "name": "Blatt"},
            {
                "@type": "ItemList",
                "itemListElement": [{"@type": "NewsArticle", "headline": "Ein anderer Titel", "datePublished": "2020"}],
            },
            {"@type": "NewsArticle", "headline": "Etwas anderes", "url": "https://a.example/y"},
            {"@type": ["NewsArticle"], "headline": "Ein Titel", "url": "https://a.example/x"},
        ]
    )
    article = find_article(graph, "https://a.example/x", None, {"ein", "titel"})
    assert article is not None
    assert article["headline"] == "Ein Titel"
    assert article["@type"] == ["NewsArticle"]


def test_entities_and_tags_in_values() -> None:
    assert plain_text("Tom &amp;amp; Jerry: <em>das</em> Finale 3 < 4") == "Tom & Jerry: das Finale 3 < 4"
