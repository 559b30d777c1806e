"""`python -m sml_logger`."""

import sys

from .cli import main

sys.exit(main())
