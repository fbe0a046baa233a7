"""Sources: edits to the file of sources, imports of lists of sites, and the findings of a probe."""
