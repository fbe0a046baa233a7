"""The rules of all kinds of boilerplate, a line for each rule, in the order of their calls: the most telling first."""

from __future__ import annotations

from collections.abc import Callable

from workers.cleaning import (
    advert,
    author_bio,
    byline,
    caption,
    comments,
    cookie,
    copyright,
    correction,
    credit,
    headline,
    navigation,
    newsletter,
    paywall,
    postal_address,
    promo,
    related,
    share,
    site_repeat,
    stamp,
    standfirst,
)
from workers.cleaning.passage import Finding, Passage, Story

Rule = Callable[[Passage, Story], Finding | None]

RULES: tuple[Rule, ...] = (
    headline.judge,
    standfirst.judge,
    correction.judge,
    advert.judge,
    postal_address.judge,
    stamp.judge,
    credit.judge,
    byline.judge,
    copyright.judge,
    share.judge,
    cookie.judge,
    newsletter.judge,
    paywall.judge,
    author_bio.judge,
    comments.judge,
    promo.judge,
    caption.judge,
    related.judge,
    navigation.judge,
    site_repeat.judge,
)


def judge(passage: Passage, story: Story) -> Finding | None:
    """Return the finding for `passage`: the first certain finding, else the first finding, else None."""
    first: Finding | None = None
    for rule in RULES:
        finding = rule(passage, story)
        if finding is not None:
            if finding.certain:
                return finding
            first = first or finding
    return first
