"""Draw figures in the background: configurations with AUTO_PLOTTING, each at its interval."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sml_config.run_folder import write_atomic
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.config.typed_options import BackgroundOptions, OutputOptions
from sml_viewer.errors import ConfigurationError, SmlViewerError
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message, untranslated_message
from sml_viewer.render.request import PlotRequest, figure_set_of, file_names

from .files.figure_folder import checked_file_name
from .library_pool import LibraryPool

EXTENSION = "sml-viewer-redraw"
_POLL_SECONDS = 2.0

_log = logging.getLogger("sml_viewer.web.background_plots")


@dataclass
class PlotState:
    """State of one configuration: when it was last drawn, and at which version of the runs."""

    drawn: float = 0.0
    seen: str = ""
    error: str | None = None
    turned_away: int = 0


@dataclass
class _Loaded:
    stamp: int
    configuration: Configuration


class BackgroundPlotter:
    """Draws configurations whenever they are due, in one thread, until `close`."""

    def __init__(self, data: LibraryPool) -> None:
        self._data = data
        self._folder = data.setup.workspace / "figures" / "auto"
        self._states: dict[str, PlotState] = {}
        self._loaded: dict[str, _Loaded] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sml-viewer-redraw", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the current figure."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def state(self, name: str) -> PlotState:
        """The state of a configuration."""
        return self._states.get(name, PlotState())

    def figures(self, name: str) -> list[Path]:
        """The figures drawn from a configuration."""
        return sorted(_folder_of(self._folder, name).glob("*.png"))

    def draw_due(self) -> None:
        """Draw all configurations that are due."""
        enabled = self._enabled()
        for index, (name, configuration) in enumerate(enabled):
            state = self._states.setdefault(name, PlotState())
            state.turned_away = 0
            options = BackgroundOptions.of(configuration)
            if index >= options.max_auto_plotting_num:
                state.turned_away = options.max_auto_plotting_num
            elif time.time() - state.drawn >= options.auto_plotting_interval:
                self._draw(name, configuration, state)
        for name in set(self._states) - {name for name, _ in enabled}:
            del self._states[name]

    def _run(self) -> None:
        while not self._closing.wait(_POLL_SECONDS):
            try:
                self.draw_due()
            except Exception:  # noqa: BLE001  logged with its traceback
                # An error in one configuration is logged, and does not stop the others.
                _log.exception("drawing in the background")

    def _enabled(self) -> list[tuple[str, Configuration]]:
        """The configurations with AUTO_PLOTTING, in the order in which they were enabled."""
        store = Configurations(self._data.setup.workspace)
        enabled: list[tuple[str, str, Configuration]] = []
        for name, path in store.files().items():
            # A deleted or damaged configuration is reported when it is opened.
            with contextlib.suppress(OSError, ConfigurationError):
                stamp = path.stat().st_mtime_ns
                if name not in self._loaded or self._loaded[name].stamp != stamp:
                    self._loaded[name] = _Loaded(stamp, store.load(name))
                    self._states.pop(name, None)
                configuration = self._loaded[name].configuration
                options = BackgroundOptions.of(configuration)
                if options.auto_plotting:
                    enabled.append((str(options.auto_plotting_turn_on_time), name, configuration))
        return [
            (name, configuration) for _, name, configuration in sorted(enabled, key=lambda entry: entry[:2])
        ]

    def _draw(self, name: str, configuration: Configuration, state: PlotState) -> None:
        state.drawn = time.time()
        try:
            options = OutputOptions.of(configuration)
            lease = self._data.lease(options.plot_log_path)
            try:
                version = f"{lease.library.roots} {lease.library.version}"
                if version == state.seen:
                    return  # nothing new to draw
                files = figure_set_of(PlotRequest(lease.library, configuration), "plot").files("png")
                state.seen = version
            finally:
                self._data.release(lease)
            folder = _folder_of(self._folder, name)
            folder.mkdir(parents=True, exist_ok=True)
            pairs = [pair for pair, _ in files]
            names = [checked_file_name(name) for name in file_names("auto.png", configuration, pairs)]
            for file, (_, content) in zip(names, files, strict=True):
                write_atomic(folder / file, content)
            state.error = None
        except SmlViewerError as error:
            state.error = untranslated_message(error)
        except OSError as error:
            state.error = Message("{who}: {what}", who=error.filename, what=reason_of(error))


def _folder_of(folder: Path, name: str) -> Path:
    """A configuration's folder, for any name."""
    return folder / re.sub(r"[^\w.-]+", "_", name.lstrip("."))
