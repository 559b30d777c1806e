"""The web page of a folder of runs."""

from .app import create_app
from .server import serve

__all__ = ["create_app", "serve"]
