"""Compatibility with `generate_parallel_tasks.py` files of older releases."""
