"""The body: the article's blocks of a page, as a single text with structure."""
