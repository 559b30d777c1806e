"""The command `sml-viewer`: a small module for each kind of command. Imports everything but the web package."""

from .main import main as main
