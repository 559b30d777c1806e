"""Import path of figures and tables."""
