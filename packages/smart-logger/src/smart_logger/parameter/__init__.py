"""Where scripts import the base of their parameters from."""

from smart_logger import _defaults as _defaults
