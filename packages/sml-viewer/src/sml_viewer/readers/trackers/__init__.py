"""Runs of experiment trackers: MLflow, W&B, Sacred, Trackio."""
