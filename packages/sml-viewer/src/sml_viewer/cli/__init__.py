"""The commands, a small module each kind: what they print and write is all they do."""
