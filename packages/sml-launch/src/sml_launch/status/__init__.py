"""Where a sweep stands: states of tasks, what a scheduler says, which cells are covered."""
