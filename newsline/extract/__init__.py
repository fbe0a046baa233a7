"""Extract: pages and texts from files, without a line."""
