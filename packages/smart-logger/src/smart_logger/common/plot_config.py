"""Plot options as globals to read and to assign; `plot()`, `bar()` and `make_table()` read them when called.

Every option of docs/plot-options.md is here with what holds where nobody sets it, and DATA_PATH, the folder
of the runs, which is used where PLOT_LOG_PATH is not set.
"""

from __future__ import annotations

import copy as _copy

from smart_logger._missing import needs as _needs

with _needs("sml-viewer"):
    from sml_viewer import options as _options

DATA_PATH = "logfile"
globals().update({name: _copy.deepcopy(option.unset) for name, option in _options.OPTIONS.items()})
globals()[_options.OVERRIDES] = {}
