"""The line: the server, the child processes, and the commands that run both sides together."""
