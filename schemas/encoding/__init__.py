"""Bytes of pages and listings to text, in whatever encoding a site sends them."""
