"""Where scripts import figures and tables from."""
