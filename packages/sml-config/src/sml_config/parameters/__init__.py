"""Parameters of a run: declaration, parsing, run names, signatures."""
