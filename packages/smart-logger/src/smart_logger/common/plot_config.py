"""Plot options as globals to read and to assign; `plot()`, `bar()` and `make_table()` read them when called.

Every option of docs/plot-options.md is here with its default, and DATA_PATH, the folder of the runs, which is
used where PLOT_LOG_PATH is not set.
"""

from __future__ import annotations

from smart_logger._missing import needs

with needs("sml-viewer"):
    from sml_viewer import options as _options

DATA_PATH = "logfile"
globals().update({**_options.defaults(), _options.OVERRIDES: {}})
