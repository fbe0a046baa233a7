"""Pages: a job of captured pages becomes articles and rejects, each page exactly once."""
