"""Where scripts import the logger from."""

from smart_logger import _defaults as _defaults
