"""List the files of a project that git tracks and ignores."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 5.0
_HIDDEN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_TRACE")
_QUIET = ("--no-optional-locks", "-c", "core.fsmonitor=false")
_IGNORED = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")


@dataclass(frozen=True)
class GitFiles:
    """Names relative to the project, with slashes; empty if git is not available."""

    tracked: frozenset[str] = frozenset()
    # Files and whole folders, without trailing slashes.
    ignored: frozenset[str] = frozenset()


def git_files(base: Path) -> GitFiles:
    """Run git, which takes some 10 ms; also for a project with a .gitignore that is not a repository."""
    if any((folder / ".git").exists() for folder in (base, *base.parents)):
        tracked = _names(base, (), ("ls-files", "-z", "--cached", "--recurse-submodules"))
        ignored = _names(base, (), _IGNORED)
    elif (base / ".gitignore").is_file():
        tracked = frozenset()
        with tempfile.TemporaryDirectory(prefix="sml-") as folder:
            _names(base, (), ("init", "--quiet", "--bare", folder))
            ignored = _names(base, (f"--git-dir={folder}", f"--work-tree={base}"), _IGNORED)
    else:
        return GitFiles()
    if ignored & {"", "."}:
        return GitFiles(tracked)  # an outer repository ignores the whole project
    return GitFiles(tracked, ignored)


def _names(base: Path, options: tuple[str, ...], words: tuple[str, ...]) -> frozenset[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    try:
        done = subprocess.run(
            ["git", "-C", str(base), *_QUIET, *options, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    if done.returncode:
        return frozenset()
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    # git prints the folder itself as "./".
    return frozenset(name.rstrip("/") for name in names)
