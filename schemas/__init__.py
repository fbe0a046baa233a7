"""The contract between scrapers and workers: records, state in Valkey, URLs and processes. Imports neither side."""
