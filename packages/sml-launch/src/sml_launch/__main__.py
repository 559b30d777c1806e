"""`python -m sml_launch` is the command."""

import sys

from .cli import main

sys.exit(main())
