"""Folders from here to a place over there, and back."""
