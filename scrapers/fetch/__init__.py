"""A single request: from the guard and the pace of the host to a captured page or a reject."""
