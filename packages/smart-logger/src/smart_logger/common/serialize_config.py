"""`from smart_logger.common.serialize_config import init_config, get_total_config, …`."""

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import get_total_config, init_config, save_all, set_total_config

__all__ = ["get_total_config", "init_config", "save_all", "set_total_config"]
