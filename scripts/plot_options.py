"""Write docs/plot-options.md from the table of options: python scripts/plot_options.py."""

from __future__ import annotations

import json
from pathlib import Path

from sml_viewer.options import OPTIONS

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "plot-options.md"
HEAD = """# Plot options

Every option of `sml-viewer`, as forms, `--set NAME=VALUE`, `sml_viewer.plot(..., NAME=VALUE)` and named
configurations (`WORKSPACE/configurations/NAME.json`) take them. This file is written by
`scripts/plot_options.py` from the table in `options.py`.

Scope: F holds for the whole configuration; P can also be set for one x-y pair, T for one title, S for one
sub-figure (one title of one pair), inside `ADDITIONAL_PLOT_CONFIGS`; the most specific setting wins:

```json
{"XMAX": 1000000,
 "ADDITIONAL_PLOT_CONFIGS": {
   "pair_image": {"timestep-episode_return": {"YMIN": 0}},
   "same_title": {"Ant-v4": {"XMAX": 3000000}},
   "sole_image": {"timestep-episode_return": {"Ant-v4": {"YMAX": 6000}}}}}
```

The defaults are the older tool's; what holds where nobody set an option is said where it is another value,
and old configurations (`WORKSPACE/WEB_ROM/configs`) keep the look that they had. Options of the page's own
behaviour (AUTO_PLOTTING…, FOCUS_IMAGE…) change no figure, and setting them on the command line says so. A
smoothing radius that nobody set is at most a fortieth of a curve's points.

| option | default | scope | meaning | 含义 |
|---|---|---|---|---|
"""


def main() -> None:
    """Write the document."""
    rows = [
        f"| `{option.name}` | `{json.dumps(option.default, ensure_ascii=False)}` | {option.scope} "
        f"| {option.label} | {option.label_zh} |"
        for option in OPTIONS.values()
    ]
    DOCUMENT.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
