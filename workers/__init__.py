"""Normalise: a captured page becomes an Article or a Reject, and a line of the feed."""
