"""The command line interface `sml-viewer`: one module per group of commands.

May import everything; of `web` only `serve`.
"""

from .main import main as main
