"""Fetch: a source becomes captured pages, handed over to the workers' queue."""
