"""Where scripts import the base of their parameters from."""
