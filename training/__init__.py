"""Training: the block model is made offline from labelled pages. Nothing here runs in production."""
