"""Where article URLs come from: feeds, sitemaps, home pages. Pure: bytes in, candidates and further listings out."""
