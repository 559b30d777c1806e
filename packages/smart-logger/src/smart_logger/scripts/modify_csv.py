"""`python -m smart_logger.scripts.modify_csv`, the same as `sml-config modify-csv`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import cli


def main(words: Sequence[str] | None = None) -> int:
    """Change columns of `progress.csv` in many runs at once; returns the exit status."""
    return cli.main(["modify-csv", *(sys.argv[1:] if words is None else words)])


if __name__ == "__main__":
    sys.exit(main())
