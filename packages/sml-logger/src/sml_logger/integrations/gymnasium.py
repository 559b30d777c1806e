"""Gymnasium: episodes of `RecordEpisodeStatistics` as rows, videos of `RecordVideo` as media.

env = SmlEpisodes(RecordVideo(RecordEpisodeStatistics(env), folder), log_name="cartpole")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sml_logger.errors import SmlLoggerError
from sml_logger.logger import Logger

from .run import Run, needs

with needs("gymnasium"):
    import gymnasium
    from gymnasium.vector import VectorWrapper

_NAMES = {"r": "episode/return", "l": "episode/length", "t": "episode/seconds"}


class SmlEpisodes(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A row for each episode, over the number of steps of this environment.

    Arguments: a logger, or what `Logger` takes. The run ends with `run.close()` or with the process.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], logger: Logger | None = None, **options: Any) -> None:
        super().__init__(env)
        self.run = Run(logger, options)
        self._steps = 0
        self._stored: set[Path] = set()

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step, and log the episode that ends."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._steps += 1
        if terminated or truncated:
            if "episode" not in info:
                raise SmlLoggerError(
                    "no statistics of the episode; wrap the environment in RecordEpisodeStatistics"
                )
            self.run.log({name: info["episode"][key] for key, name in _NAMES.items()}, self._steps)
        return observation, reward, terminated, truncated, info

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Reset, and store the videos that are complete by then."""
        result = self.env.reset(**kwargs)
        self._store_videos()
        return result

    def close(self) -> None:
        """Close the environment, and store its last video; the run goes on."""
        self.env.close()
        self._store_videos()

    def _store_videos(self) -> None:
        if not self.env.has_wrapper_attr("video_folder"):
            return
        folder = Path(self.env.get_wrapper_attr("video_folder"))
        for path in sorted({*folder.glob("*.mp4")} - self._stored):
            self._stored.add(path)
            self.run.logger.log_video("episode", path, self._steps, caption=path.stem)


class SmlVectorEpisodes(VectorWrapper):
    """A row whenever episodes of a vector environment end: their means, and how many they are.

    Wraps `gymnasium.wrappers.vector.RecordEpisodeStatistics`; steps are those of all environments together.
    """

    def __init__(self, env: Any, logger: Logger | None = None, **options: Any) -> None:
        super().__init__(env)
        self.run = Run(logger, options)
        self._steps = 0

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step, and log the episodes that end."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        self._steps += self.num_envs
        if "episode" in infos:
            ended = infos["_episode"]
            means = {name: infos["episode"][key][ended].mean() for key, name in _NAMES.items()}
            self.run.log({**means, "episode/count": ended.sum()}, self._steps)
        return observations, rewards, terminated, truncated, infos
