"""What importing sml_sync costs a training."""

from __future__ import annotations

import subprocess
import sys


def test_a_package_that_only_match_exec_needs_is_loaded_when_somebody_uses_it() -> None:
    asked = (
        "import sys, sml_sync, paramiko.config as config; print('invoke' in sys.modules); "
        "print(config.invoke.run.__name__); import invoke; print(invoke.run is config.invoke.run)"
    )
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "run", "True"]
