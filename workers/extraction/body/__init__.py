"""The body: the blocks of a page that are the article, as one text with its structure."""
