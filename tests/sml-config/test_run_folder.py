"""Files of run folders that are written whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from sml_config.run_folder import write_whole


@pytest.mark.parametrize("parent", ["absent", "a file", "too long" * 40])
def test_a_file_that_cannot_be_written_is_named_and_not_the_temporary_one_beside_it(
    tmp_path: Path, parent: str
) -> None:
    (tmp_path / "a file").write_text("")
    target = tmp_path / parent / "figure.png"
    with pytest.raises(OSError, match="figure") as caught:
        write_whole(target, "")
    assert caught.value.filename == str(target)
