"""`python -m sml_config`: the command `sml-config`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
