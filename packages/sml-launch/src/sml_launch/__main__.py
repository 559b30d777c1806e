"""`python -m sml_launch` is the command."""

import sys

from .cli.main import main

sys.exit(main())
