"""Processes: settings, logs, stopping, and how a process of the line is seen to be alive."""
