"""Files of runs: listing, previews, downloads."""
