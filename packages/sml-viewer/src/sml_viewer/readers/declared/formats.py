"""Names that the declarations of readers share with the command line."""

from __future__ import annotations

from typing import Literal, get_args

Format = Literal["text", "csv", "tsv", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
FILE = "readers.yaml"
# Files of declarations that the user named, and the workspace's, for this process and those that it starts.
VARIABLE = "SML_VIEWER_READERS"
WORKSPACE_VARIABLE = "SML_VIEWER_WORKSPACE_READERS"
