"""`python -m smart_logger.report.auto_plot` drew figures every ten minutes; the page does that now."""

from __future__ import annotations

import sys

from smart_logger._removed import removed

_REMEDY = (
    "switch on AUTO_PLOTTING in a configuration of the page, "
    "or call smart_logger.report.plotting.plot() from a loop of your own"
)

__getattr__ = removed(__name__, dict.fromkeys(("auto_plot", "main", "system"), _REMEDY))

if __name__ == "__main__":
    sys.exit(f"smart_logger.report.auto_plot no longer exists; {_REMEDY}")
