"""URLs: which spellings name the same page, which parts say nothing, and whose site a URL is."""
