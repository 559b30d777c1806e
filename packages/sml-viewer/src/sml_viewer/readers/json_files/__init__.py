"""JSON that a training writes once it has ended: results of single values, and histories of lists."""
