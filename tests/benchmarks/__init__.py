"""Measurements against labelled pages; not run by `make test`."""
