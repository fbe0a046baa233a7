"""Fetch: one request, from the guard and the pace of its host to a captured page or a reject."""
