"""Running tasks on this machine: slots, attempts, processes, GPUs."""
