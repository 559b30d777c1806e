"""The settings in force, as attributes of two modules."""
