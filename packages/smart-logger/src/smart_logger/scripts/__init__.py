"""Where scripts import the launcher from."""
