"""From a grid of parameters to tasks, and to the shares of machines."""
