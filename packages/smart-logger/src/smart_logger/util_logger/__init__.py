"""Import path of the logger."""

from smart_logger import _defaults as _defaults
