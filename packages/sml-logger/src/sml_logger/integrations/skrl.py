"""skrl: `log_agent(agent, log_name="ppo")` before the trainer is created."""

from __future__ import annotations

import dataclasses
from typing import Any

from sml_logger.logger import Logger

from .run import Run


class SmlWriter:
    """What an agent of skrl writes to, in place of its SummaryWriter."""

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options)

    def add_scalar(self, *, tag: str, value: float, timestep: int) -> None:
        """Log one metric in the row of its timestep."""
        self.run.log({tag: value}, timestep)

    def flush(self) -> None:
        """Do nothing: a row is written when it is logged."""

    def close(self) -> None:
        """End the run."""
        self.run.close()


def log_agent(agent: Any, logger: Logger | None = None, **options: Any) -> SmlWriter:
    """Let an agent log into a run, with its configuration as parameters.

    Arguments after the agent: a logger, or what `Logger` takes. `experiment.write_interval` of the agent's
    configuration says how often it writes; 0 is never. Returns the writer, whose `close` ends the run.
    """
    writer, begin = SmlWriter(logger, **options), agent.init

    def init(*args: Any, **kwargs: Any) -> None:
        begin(*args, **kwargs)
        configuration = agent.cfg
        if dataclasses.is_dataclass(configuration) and not isinstance(configuration, type):
            configuration = dataclasses.asdict(configuration)
        writer.run.add_parameters(configuration)
        if agent.write_interval > 0:
            agent.writer.close()
            agent.writer = writer

    agent.init = init
    return writer
