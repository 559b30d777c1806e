"""Run the user's notification command at the end of a launch."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .state.launch_file import Launch
from .state.results import Result
from .terminal import say

_SECONDS = 60.0


def notify(launch: Launch, results: Sequence[Result]) -> None:
    """Run the notification command of the launch, if any, with a summary of the results as last argument.

    A command that fails or takes longer than a minute is reported and has no other effect.
    """
    if not launch.notify:
        return
    counts = Counter("failed" if result.failed else result.outcome for result in results)
    shown = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "nothing was run"
    text = f"{Path(launch.file or launch.directory).name}: {shown}"
    try:
        done = subprocess.run(
            [*launch.notify, text],
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=launch.directory,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"sml-launch: --notify: {error}")
        return
    if done.returncode:
        say(f"sml-launch: --notify: {launch.notify[0]} ended with status {done.returncode}")
