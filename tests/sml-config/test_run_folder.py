"""Files of run folders that are written whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from sml_config.run_folder import write_whole


def test_a_file_that_cannot_be_written_is_named_and_not_the_temporary_one_beside_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as told:
        write_whole(tmp_path / "gone" / "figure.png", "")
    assert told.value.filename == str(tmp_path / "gone" / "figure.png")
