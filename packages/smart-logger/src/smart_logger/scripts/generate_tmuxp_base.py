"""`from smart_logger.scripts.generate_tmuxp_base import generate_tmuxp_file, make_cmd_array`."""

from smart_logger._missing import needs

with needs("sml-launch"):
    from sml_launch.old_files import generate_tmuxp_file, make_cmd_array

__all__ = ["generate_tmuxp_file", "make_cmd_array"]
