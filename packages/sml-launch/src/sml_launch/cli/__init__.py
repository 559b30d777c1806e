"""The command line `sml-launch`."""

from .main import main as main
