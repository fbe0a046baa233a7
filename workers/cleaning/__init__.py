"""Cleaning: what is not the article's text is taken out and counted by kind."""
