"""The line: the server, the child processes, and the commands which run fetching and extraction together."""
