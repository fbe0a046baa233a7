"""Lines on many pages of a site: an address, a slogan, a standing box. A single page does not give them away."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line which stands in other articles of the site as well."""
    if passage.index in story.standing:
        return Finding("site_repeat", True, "stands on many pages of this site")
    return None
