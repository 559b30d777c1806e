"""Where scripts import the page from."""
