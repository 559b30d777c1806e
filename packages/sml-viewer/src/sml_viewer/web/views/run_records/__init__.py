"""What a run recorded beside its rows: media, system metrics, checkpoints, alerts; search in its log."""

from .media import media
from .records import records

BLUEPRINTS = (media, records)

__all__ = ["BLUEPRINTS"]
