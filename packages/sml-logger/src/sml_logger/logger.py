"""`Logger`: the tutorial's calls, handed to the table and the outputs."""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from sml_config import settings
from sml_config.parameters import record_run
from sml_config.run_folder import update_json
from sml_config.tasks import announce_run_folder

from .archive import write_archive
from .claim import claim, run_folder_path
from .display import TableText
from .errors import LoggerClosedError, SyncNotInstalledError
from .outputs import CsvOutput, Output, TensorBoardOutput, TextOutput
from .row import Row
from .table import Table


class Logger:
    """Writes one run folder: text, table, TensorBoard events, and the code that ran."""

    # The first logger of the process, which `local_log` speaks through.
    logger: Logger | None = None

    def __init__(
        self,
        log_to_file: bool = True,
        log_name: str = "log",
        force_backup: bool = False,  # noqa: ARG002  an earlier run is always kept
        log_signature: str | None = None,
        logger_category: str | None = None,
        base_path: str | os.PathLike[str] | None = None,
        backup_code: bool = True,
    ) -> None:
        in_force = settings()
        base = in_force.base_path if base_path is None else Path(base_path).expanduser().absolute()
        root = base / in_force.common.LOG_FOLDER_NAME
        self._folder = claim(
            run_folder_path(root, logger_category, log_name), base / in_force.common.LOG_FOLDER_NAME_BK
        )
        announce_run_folder(self._folder.path)
        self._folder.events.mkdir()
        self._table = Table()
        self._table_text = TableText()
        self._text = TextOutput(self._folder.log) if log_to_file else None
        self._outputs: list[Output] = [CsvOutput(self._folder.table), TensorBoardOutput(self._folder.events)]
        self._x_label: str | None = None
        self._step = 0
        self._closed = False
        self._folder.signature.write_text(log_signature or "", encoding="utf-8")
        record_run(self._folder)
        self._record_status("running")
        if backup_code:
            write_archive(self._folder.archive, in_force)
        atexit.register(self.close)
        if Logger.logger is None:
            Logger.logger = self
        self.log(f"logging to {self.output_dir}", color="green")

    @property
    def output_dir(self) -> str:
        """The run folder."""
        return str(self._folder.path)

    @property
    def step(self) -> int:
        """Rows dumped so far."""
        return self._step

    def __call__(self, *args: object, color: str | None = None, bold: bool = True) -> None:
        """Print and keep a text."""
        self.log(*args, color=color, bold=bold)

    def log(self, *args: object, color: str | None = None, bold: bool = True) -> None:  # noqa: ARG002  see later
        """Print and keep a text."""
        self._say(" ".join(map(str, args)) + "\n")

    def add_tabular_data(self, tb_prefix: str | None = None, **data: Any) -> None:
        """Add values to this row; the row holds the mean of all that were added for a key."""
        self._table.add(tb_prefix, data)

    def log_tabular(
        self,
        key: str,
        val: Any = None,
        tb_prefix: str | None = None,
        with_min_and_max: bool = False,
        average_only: bool = False,
        no_tb: bool = False,
    ) -> None:
        """Set a key once in this row; without `val` it summarises what was added for the key."""
        if val is None:
            self._table.summarise(key, tb_prefix, with_min_and_max, average_only, no_tb)
        else:
            self._table.set(key, val, tb_prefix, no_tb)

    def register_keys(self, keys: Iterable[str]) -> None:
        """Give the table columns that are blank until their first value."""
        self._table.register(keys)

    def update_tb_header_dict(self, tb_header_dict: Mapping[str, str]) -> None:
        """Choose TensorBoard prefixes by key."""
        self._table.prefix(tb_header_dict)

    def dump_tabular(self) -> None:
        """End the row: it is printed and in every file when this returns."""
        if self._closed:
            raise LoggerClosedError(f"{self.output_dir}: dump_tabular() after close(); make a new Logger")
        shape, values = self._table.take()
        row = Row(shape, values, self._step, self._step, time.time())
        for output in self._outputs:
            output.write_row(row)
        self._say(self._table_text.format(row))
        self._step += 1

    def sync_log_to_remote(self, replace: bool = False, trial_num: int = 1) -> bool:  # noqa: ARG002  the sync issue
        """Send the run folder to the main machine; whether it arrived."""
        in_force = settings()
        if not in_force.common.MAIN_MACHINE_IP:
            self.log("not synced: MAIN_MACHINE_IP is empty in common_config.yaml")
            return False
        try:
            sml_sync = importlib.import_module("sml_sync")
        except ModuleNotFoundError as error:
            raise SyncNotInstalledError("sync_log_to_remote needs: pip install 'sml-logger[sync]'") from error
        for _ in range(max(trial_num, 1)):
            report = sml_sync.push_run(self._folder.path, in_force)
            self.log(report.text)
            if report.ok:
                return True
        return False

    def close(self) -> None:
        """End the run; later calls do nothing."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        for output in self._outputs:
            output.close()
        self._record_status("finished")
        if self._text is not None:
            self._text.close()
        if Logger.logger is self:
            Logger.logger = None

    def __enter__(self) -> Logger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _say(self, text: str) -> None:
        sys.stdout.write(text)
        if self._text is not None and not self._closed:
            self._text.write(text)

    def _record_status(self, state: str) -> None:
        update_json(self._folder.status, state=state, step=self._step, pid=os.getpid(), heartbeat=time.time())
