"""Discovery of article URLs in feeds, sitemaps and home pages. Pure: bytes in, candidates and further listings out."""
