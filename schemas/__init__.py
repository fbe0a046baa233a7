"""The contract between scrapers and workers: records, keys, identity and settings. Imports neither of them."""
