"""Tests: one folder for each package, against real parts."""
