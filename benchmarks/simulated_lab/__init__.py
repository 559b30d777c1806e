"""Generated folders of runs in the manners of well-known code bases, and what is true of them.

`write_folder` writes one from a seed, `judge` compares what the viewer chose with the truth. The generator
knows how such code bases write their logs, and nothing of how the viewer chooses.
"""

from .folders import MANNERS, write_folder
from .judge import Chosen, Verdict, choose, drawn, judge
from .truth import Truth

__all__ = ["MANNERS", "Chosen", "Truth", "Verdict", "choose", "drawn", "judge", "write_folder"]
