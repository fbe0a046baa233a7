"""Costs of the line, counted and not timed: a test fails when the line does work more often than necessary."""
