"""Lines that stand on many pages of a site: an address, a slogan, a standing box that one page alone does not tell."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story


def judge(passage: Passage, story: Story) -> Finding | None:
    """A line that other articles of the site hold as well."""
    if passage.index in story.standing:
        return Finding("site_repeat", True, "stands on many pages of this site")
    return None
