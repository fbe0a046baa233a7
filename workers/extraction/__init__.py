"""Extraction: the bytes of a page become a Draft. Pure: no network, no Valkey, no files."""
