"""The journal recognises our own versions of remote files after several cuts in a row."""

from __future__ import annotations

from pathlib import Path

from sml_sync.transfer.manifest import InFlightJournal


def test_every_version_that_may_have_arrived_is_ours_until_all_is_recorded(tmp_path: Path) -> None:
    for size in (10, 20, 30):
        journal = InFlightJournal(tmp_path, "0" * 32)
        journal.write([("/far/status.json", size, 1_700_000_000)])
    latest = InFlightJournal(tmp_path, "0" * 32)
    assert all(latest.was_sending("/far/status.json", size, 1_700_000_000) for size in (10, 20, 30))
    assert not latest.was_sending("/far/status.json", 40, 1_700_000_000)
    assert not latest.was_sending("/far/other", 10, 1_700_000_000)
    latest.clear()
    assert not InFlightJournal(tmp_path, "0" * 32).was_sending("/far/status.json", 30, 1_700_000_000)
