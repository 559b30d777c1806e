"""Where scripts import the logger from."""
