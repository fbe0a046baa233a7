"""Versions of the distribution and of the extraction."""

VERSION = "0.1.0"
#: Stands in every record; rises when the same page may give another record.
EXTRACTION_VERSION = "1"
