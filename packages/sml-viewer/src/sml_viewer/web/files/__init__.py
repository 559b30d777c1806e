"""Files of runs as the page lists, shows and sends them."""
