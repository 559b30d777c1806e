"""What a run recorded beside its rows: media, system metrics, checkpoints, alerts; search in its log."""
