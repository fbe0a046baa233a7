"""Print a site from its folder: `site.toml`, templates and articles become the pages of a Site.

A template is a `string.Template` in which these names stand for something:

* `$title` and every other value of the article, the page and `[values]`, escaped for HTML and XML; `$body` as HTML;
* `$title_json`: the same value as JSON;
* `$part_header`: the template `header`, filled with the same values; empty where `without = ["header"]` is said;
* `$list_recent`: the articles that `[lists.recent]` describes, each as its `item` template.
"""

from __future__ import annotations

import html
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Any

from tests.sites.markup import to_html
from tests.sites.page import BASE, Page
from tests.sites.site import Site

#: Pictures and papers that pages link to: small, but what they say they are.
ASSETS = Path(__file__).parent / "assets"

Values = Mapping[str, Any]


def print_site(folder: Path) -> Site:
    """The Site that `folder` describes, ready to be served."""
    press = Press(folder)
    site = Site(folder.name)
    for article in press.articles:
        site.publish(article["path"], press.page(article))
        if article.get("amp"):  # the same article once more, at an address of its own
            site.publish(article["amp"], press.page({**article, "template": "amp"}))
        if article["image"]:
            _publish_asset(site, article["image"])
    for page in press.plan.get("page", []):
        site.publish(page["path"], press.page(page))
    for redirect in press.plan.get("redirect", []):
        site.redirect(redirect["path"], BASE + redirect["to"], redirect.get("status", 301))
    for path in press.plan.get("assets", []):
        _publish_asset(site, path)
    site.missing = press.page({"template": "missing", "status": 404, "title": ""})
    return site


class Press:
    """The plan, the templates and the articles of one folder."""

    def __init__(self, folder: Path) -> None:
        self.plan: dict[str, Any] = tomllib.loads((folder / "site.toml").read_text("utf-8"))
        self.templates = {file.stem: file.read_text("utf-8") for file in (folder / "templates").iterdir()}
        articles = [self._article(file) for file in (folder / "articles").glob("*.txt")]
        #: Newest first, as sites list them.
        self.articles = sorted(articles, key=lambda article: article["published"], reverse=True)

    def page(self, values: Values) -> Page:
        """The page that `values` describe: what its template and list are, how it is sent, and what stands in it."""
        text = self.render(values["template"], values)
        return Page(
            text,
            status=values.get("status", 200),
            content_type=values.get("content_type", self.plan["content_type"]),
            charset=values.get("charset", self.plan["charset"]),
            headers=values.get("headers", {}),
            gzipped=values.get("gzipped", False),
            modified=values.get("modified") or values.get("published"),
        )

    def render(self, template: str, values: Values) -> str:
        """The template with everything filled in; KeyError names what is not there."""
        return Template(self.templates[template]).substitute(Filling(self, values))

    def list(self, wanted: Values) -> str:
        """The articles of one section or tag, from `skip` to `limit`, each as `item`."""
        chosen = [
            article
            for article in self.articles
            if wanted.get("section") in (None, article["section"])
            and wanted.get("tag") in (None, *article["tags"])
            and wanted.get("author") in (None, *article["authors"])
            and not set(wanted.get("unlike", [])) & set(article["unlisted"])
        ]
        skip = wanted.get("skip", 0)
        return "\n".join(self.render(wanted["item"], each) for each in chosen[skip : skip + wanted.get("limit", 99)])

    def _article(self, file: Path) -> dict[str, Any]:
        """Front matter between `+++` lines, then the text."""
        _, front, text = file.read_text("utf-8").split("+++\n", 2)
        own = tomllib.loads(front)
        article = {**self.plan["article"], **_dates(own), **own}
        article["body"] = to_html(text, lambda name: self.render(name, article), article.get("paragraphs", "p"))
        return article


@dataclass(frozen=True, slots=True)
class Filling(Mapping[str, str]):
    """What a name in a template stands for, worked out when it is asked for."""

    press: Press
    given: Values

    def __getitem__(self, name: str) -> str:
        kind, _, rest = name.partition("_")
        if kind == "part":
            return "" if rest in self.given.get("without", ()) else self.press.render(rest, self.given)
        if kind == "list":
            return self.press.list(self.given.get("list") or {} if rest == "own" else self.press.plan["lists"][rest])
        if name.endswith("_json"):
            return json.dumps(self._value(name.removesuffix("_json")), ensure_ascii=False).replace("</", "<\\/")
        value = self._value(name)
        text = ", ".join(value) if isinstance(value, list) else str(value)
        return text if name == "body" else html.escape(text)

    def _value(self, name: str) -> Any:
        """What the article or page says, else the site; `url` and `people` follow from others."""
        if name == "url":
            return BASE + self._value("path")
        if name == "people":
            return [{"@type": "Person", "name": author} for author in self.given["authors"]]
        return self.given[name] if name in self.given else self.press.plan["values"][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def _dates(front: Values) -> dict[str, str]:
    """The moments of an article in the forms that pages and feeds use."""
    published: datetime = front["published"]
    modified: datetime = front.get("modified", published)
    return {
        "iso": published.isoformat(),
        "modified_iso": modified.isoformat(),
        "rfc822": format_datetime(published),
        "day": published.date().isoformat(),
    }


def _publish_asset(site: Site, path: str) -> None:
    """Put the sample file of the kind that `path` ends on at `path`."""
    kinds = {".png": ("picture.png", "image/png"), ".pdf": ("paper.pdf", "application/pdf")}
    file, content_type = kinds[Path(path).suffix]
    site.publish(path, Page((ASSETS / file).read_bytes(), content_type=content_type))
