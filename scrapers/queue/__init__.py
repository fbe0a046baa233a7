"""Queue: URLs that wait, pages on their way to the workers, and the times at which sources are due."""
