"""Import path of the base class of parameters."""

from smart_logger import _defaults as _defaults
