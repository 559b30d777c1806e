"""`python -m sml_viewer` is the command `sml-viewer`."""

import sys

from .cli.main import main

sys.exit(main())
