"""`from smart_logger.version import __version__`."""

from importlib import metadata

__version__ = metadata.version("smart-logger")

__all__ = ["__version__"]
