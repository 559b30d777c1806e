"""Where scripts import the launcher and other tools from."""

from smart_logger import _defaults as _defaults
