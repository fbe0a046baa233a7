"""Near duplicates: articles with nearly the same text, of whatever source, share a `cluster_id` (docs/clusters.md)."""
