"""The command `sml-launch`, and what an experiment file calls at its end."""

from .main import main as main
