"""What the line may cost, counted and not timed: a test fails when something is done more often than it need be."""
