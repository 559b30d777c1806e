"""What old `generate_parallel_tasks.py` files import."""
