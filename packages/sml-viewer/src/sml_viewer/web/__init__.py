"""The web page of a folder of runs."""

from .app import create_app
from .server import serve
from .settings import Setup

__all__ = ["Setup", "create_app", "serve"]
