"""`python -m sml_launch`: same as the command `sml-launch`."""

import sys

from .cli.main import main

sys.exit(main())
