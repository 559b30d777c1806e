"""Import path of the web page."""
