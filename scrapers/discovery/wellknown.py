"""Well-known paths of listings: tried last and rarely, since most of these requests find nothing.

Sources: the defaults of WordPress (core sitemaps and feeds), Yoast SEO, Drupal, Ghost, Hugo, Jekyll, Blogger and Arc.
"""

from __future__ import annotations

#: Paths of sitemaps, likeliest first.
SITEMAPS: tuple[str, ...] = (
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/news-sitemap.xml",
    "/sitemap-news.xml",
    "/sitemap.xml.gz",
    "/sitemap.txt",
)
#: Paths of feeds, likeliest first.
FEEDS: tuple[str, ...] = ("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
