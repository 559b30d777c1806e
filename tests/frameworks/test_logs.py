"""Logs of real frameworks are followed while they are written, and read as their own readers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from framework_logs import X, assert_equal
from own_readers import Told
from write_framework_files import WRITERS

from sml_viewer.library import Library

# Written at the end, or by processes of their own, which nobody looks at before they end.
UNSEEN = {"hydra_multirun", "keras_history", "transformers_results"}
NEEDS = {"hydra_multirun": "hydra"}


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_log_is_followed_while_it_is_written_and_ends_with_the_frameworks_values(
    write: Callable[..., Told], tmp_path: Path
) -> None:
    name = write.__name__
    pytest.importorskip(NEEDS.get(name, name.partition("_")[0]).replace("sb3", "stable_baselines3"))
    logs, seen = tmp_path / "logs", []
    logs.mkdir()
    with Library([logs], tmp_path / "workspace") as library:

        def between() -> None:
            library.refresh_known()
            seen.append(values(library))

        told = write(logs, between)
        library.refresh()
        end = values(library)
        assert_equal(library, told, X.get(name, "step"))
    for earlier, later in zip(seen, [*seen[1:], end], strict=True):
        assert all(earlier[key] <= later.get(key, 0) for key in earlier)
    if name not in UNSEEN:
        assert any(0 < sum(look.values()) < sum(end.values()) for look in seen)


def values(library: Library) -> dict[tuple[str, str], int]:
    """How many values each metric of each run has; steps are those of whichever source is the main one."""
    return {
        (run.name, name): summary.values
        for run in library.runs()
        for name, summary in run.summary.items()
        if name not in ("step", "wall_time")
    }
