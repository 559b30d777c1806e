"""Use of CPU, memory, disks, network and GPUs by a run, sampled into `system.csv`."""
