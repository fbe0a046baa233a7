"""Documents that tell the truth: paths, links, commands, settings and tests that the docs name exist."""
