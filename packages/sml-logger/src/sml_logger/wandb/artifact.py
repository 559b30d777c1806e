"""Artifacts: accepted, and reported once as not versioned."""

from __future__ import annotations

import os
from typing import Any


class Artifact:
    """As `wandb.Artifact`, as far as scripts write artifacts; the files stay where they are."""

    def __init__(
        self,
        name: str,
        type: str = "unspecified",  # noqa: A002  W&B's name
        description: str | None = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self.name, self.type, self.description, self.metadata = name, type, description, metadata or {}
        self.paths: list[str] = []

    def add_file(self, local_path: str | os.PathLike[str], *_: Any, **__: Any) -> None:
        """Note a file."""
        self.paths.append(os.fspath(local_path))

    def add_dir(self, local_path: str | os.PathLike[str], *_: Any, **__: Any) -> None:
        """Note a folder."""
        self.paths.append(os.fspath(local_path))

    def add_reference(self, uri: str, *_: Any, **__: Any) -> None:
        """Note an address."""
        self.paths.append(str(uri))

    def add(self, *_: Any, **__: Any) -> None:
        """Do nothing: media are logged with wandb.log."""

    def wait(self, *_: Any, **__: Any) -> Artifact:
        """Return the artifact: nothing is sent."""
        return self
