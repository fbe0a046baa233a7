"""Spiders: one that crawls configured sources."""
