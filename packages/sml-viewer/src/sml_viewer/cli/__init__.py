"""The command `sml-viewer`: a small module for each kind of command.

Imports everything; of the web package only what serves it.
"""

from .main import main as main
