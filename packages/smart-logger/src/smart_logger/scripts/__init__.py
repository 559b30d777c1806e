"""Where scripts import the launcher and other tools from."""
