"""Processes: settings, logs, signals to stop, signs of life, worker classes and lock files."""
