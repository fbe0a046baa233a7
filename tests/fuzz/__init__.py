"""Hostile pages: whatever the bytes are, an article or a reject comes out."""
