"""Sites of one template each, as long as wanted: page after page with other stories in the same page.

The stories are made of a language's sentences, shuffled, and told apart by names and numbers. Every page also holds a
standing line that one page alone does not tell from the story.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

_SENTENCES = Path(__file__).with_name("sentences.toml")
_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Series:
    """A site: `sentence` tells paragraphs apart, `markup` makes HTML of them; `standing` stands on every page."""

    name: str
    language: str
    sentence: str
    people: tuple[str, ...]
    markup: Callable[[list[str]], str]
    standing: tuple[str, ...]

    def story(self, number: int) -> list[str]:
        """The paragraphs of a page's story."""
        dice = random.Random(f"{self.name} {number}")
        between = "" if self.language == "ja" else " "
        sentences = dice.sample(_sentences(self.language), 18)
        return [
            between.join(
                (
                    *sentences[at : at + 3],
                    self.sentence.format(people=dice.choice(self.people), number=dice.randint(100, 99999)),
                )
            )
            for at in range(0, dice.choice((15, 18)), 3)
        ]

    def url(self, number: int) -> str:
        """Where a page is."""
        return f"https://{self.name}.example/2026/{1 + number % 9:02}/story-{number}.html"

    def html(self, number: int) -> str:
        """A page."""
        dice = random.Random(f"{self.name} page {number}")
        story = self.story(number)
        links = [f"<li><a href='/x/{dice.randint(1, 999)}'>{escape(self.headline(dice.randint(1, 999)))}</a></li>"]
        values = {
            "title": escape(self.headline(number)),
            "number": str(number),
            "url": self.url(number),
            "author": self.people[number % len(self.people)],
            "section": dice.choice(("news", "port", "sports")),
            "date": f"2026-{1 + number % 9:02}-{1 + number % 28:02}T0{number % 10}:15:00+02:00",
            "day": f"{1 + number % 28:02}.{1 + number % 9:02}.2026",
            "body": self.markup(story),
            "teasers": "".join(links * 3),
            "popular": "".join(links * 5),
            "comments": "2",
            "remarks": "".join(f"<li><b>guest{dice.randint(1, 99)}</b> {escape(part)}</li>" for part in story[:2]),
        }
        return Template((_TEMPLATES / f"{self.name}.html").read_text("utf-8")).substitute(values)

    def headline(self, number: int) -> str:
        """The headline of a page."""
        dice = random.Random(f"{self.name} headline {number}")
        return f"{dice.choice(_sentences(self.language))[:38].rsplit(' ', 1)[0].rstrip(' ,、。')} {number}"


@cache
def _sentences(language: str) -> list[str]:
    sentences: list[str] = tomllib.loads(_SENTENCES.read_text("utf-8"))[language]
    return sentences


def _marked(tag: str, attributes: str = "") -> Callable[[list[str]], str]:
    def markup(story: list[str]) -> str:
        return "\n".join(f"<{tag}{attributes}>{escape(each)}</{tag}>" for each in story)

    return markup


SERIES = (
    Series(
        "harbor",
        "en",
        "That makes {number} in all, {people} said.",
        ("Ada Whitlock", "Joan Tennant", "Peter Marsh", "Lou Ferreira"),
        _marked("p"),
        (
            "The Harbor Gazette tells the coast its own news, every morning but Sunday, with a staff of seven.",
            "Something is wrong in this report? Walk up to the room above the ferry hall, the door is open until five.",
        ),
    ),
    Series(
        "talbote",
        "de",
        "Insgesamt waren es {number}, sagte {people}.",
        ("Jutta Brandt", "Emil Sauter", "Karin Vogt", "Uwe Lindner"),
        _marked("div", ' class="absatz"'),
        ("Der Talbote erscheint im Rathaus, zweiter Stock, und freut sich über Besuch zu jeder Tageszeit.",),
    ),
    Series(
        "minato",
        "ja",
        "全部で{number}件だったと{people}さんは話した。",
        ("佐藤恵", "高橋誠", "田中花子", "小林修"),
        lambda story: "<br><br>".join(map(escape, story)),
        ("みなと日報は港の朝市のとなりで毎日つくっています。見学はいつでも歓迎します。",),
    ),
)
