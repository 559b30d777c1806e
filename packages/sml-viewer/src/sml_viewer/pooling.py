"""What a group of seeds pools that is more than seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sml_config.redaction import is_secret_name

from .naming import differing, is_seed, text_of
from .run import Run


def pooled(runs: Sequence[Run], naming_keys: Sequence[str], among: Sequence[str]) -> str | None:
    """In words what differs inside a group but for the seed; None if nothing does.

    Such as `batch_size 64 ×5, 256 ×1; 2 commits`. `among` are the parameters that vary over all that is
    drawn. Those that only name each run, such as a folder or a time, do not count.
    """
    if len(runs) < 2:
        return None
    parts = []
    unknown = sum(not run.flat for run in runs)
    if unknown:
        parts.append(f"{unknown} run(s) without parameters")
    for name in _inside(runs, naming_keys, among):
        values = Counter(text_of(run.parameter(name)) for run in runs)
        if is_secret_name(name.rpartition(".")[2]):
            parts.append(f"{len(values)} values of {name}")
            continue
        counts = ", ".join(f"{_short(value)} ×{count}" for value, count in values.most_common(4))
        parts.append(f"{name} {counts}" + (", …" if len(values) > 4 else ""))
    commits = {run.provenance.get("commit_id") for run in runs} - {None}
    if len(commits) > 1:
        parts.append(f"{len(commits)} commits")
    dirty = sum(bool(run.provenance.get("dirty")) for run in runs)
    if 0 < dirty < len(runs):
        parts.append(f"uncommitted changes ×{dirty}")
    for what in ("python", "packages"):
        versions = {text_of(run.provenance[what]) for run in runs if what in run.provenance}
        if len(versions) > 1:
            parts.append(f"{len(versions)} versions of {what}")
    return "; ".join(parts) or None


def _inside(runs: Sequence[Run], naming_keys: Sequence[str], among: Sequence[str]) -> list[str]:
    among = [name for name in among if not is_seed(name)]
    if len(runs) > 2:
        return differing(runs, naming_keys, among)
    # Of two runs everything that differs is unique to each, so it cannot be told from a name.
    first, second = runs
    return [
        name
        for name in among
        if name not in naming_keys and text_of(first.parameter(name)) != text_of(second.parameter(name))
    ]


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
