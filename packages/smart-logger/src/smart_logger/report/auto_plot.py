"""Removed: `python -m smart_logger.report.auto_plot` drew figures every ten minutes; now done by the page."""

from __future__ import annotations

import sys

from smart_logger._removed import removed

_REMEDY = (
    "switch on AUTO_PLOTTING in a configuration of the page, "
    "or call smart_logger.report.plotting.plot() in your own loop"
)

__getattr__ = removed(__name__, dict.fromkeys(("auto_plot", "main", "system"), _REMEDY))

if __name__ == "__main__":
    sys.exit(f"smart_logger.report.auto_plot no longer exists; {_REMEDY}")
