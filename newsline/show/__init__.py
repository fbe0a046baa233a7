"""Show: tables, progress, differences and explanations for people at a terminal."""
