"""Import path of the launcher and other tools."""

from smart_logger import _defaults as _defaults
