"""The versions of the distribution and of its extraction, said once."""

VERSION = "0.1.0"
#: Goes into every record; rises when the same page may come out differently.
EXTRACTION_VERSION = "1"
