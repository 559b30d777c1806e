"""Execution of tasks on this machine: slots, attempts, logs, GPUs."""
