"""The parameters of a run: declared, parsed, named, signed."""
