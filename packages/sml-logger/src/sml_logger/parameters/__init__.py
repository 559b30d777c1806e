"""What the classes of parameter objects declare."""
