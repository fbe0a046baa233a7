"""Reading: bytes become a document, its blocks of text, and the measures of the blocks."""
