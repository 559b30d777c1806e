"""The script that Sacred copied."""
