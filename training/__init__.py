"""Training of the block model: offline, from labelled pages; nothing here runs in production."""
