"""Old launch files import from here; what they get is the launcher of sml-launch."""

from __future__ import annotations

import sml_launch.legacy.api
from smart_logger.scripts import generate_tmuxp_base


def test_the_names_that_old_files_import_are_those_of_the_launcher() -> None:
    assert generate_tmuxp_base.make_cmd_array is sml_launch.legacy.api.make_cmd_array
    assert generate_tmuxp_base.generate_tmuxp_file is sml_launch.legacy.api.generate_tmuxp_file
