"""Record the checkpoints of a run, and delete those that are not needed any more."""
