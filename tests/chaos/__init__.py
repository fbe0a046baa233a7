"""Chaos: a crawl is killed at random moments, again and again, and must end as if nothing had happened."""
