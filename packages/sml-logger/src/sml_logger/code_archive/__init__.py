"""The code that ran, as an archive, and how it is built again."""
