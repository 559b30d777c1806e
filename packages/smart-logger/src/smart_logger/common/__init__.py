"""The current settings as attributes of two modules."""

from smart_logger import _defaults as _defaults
