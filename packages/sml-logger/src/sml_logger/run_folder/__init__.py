"""The folder of a run: its path, who owns it, what is resumed."""
