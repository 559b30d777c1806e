"""One small class per file that a run writes, behind one protocol."""

from .base import Output, PartlyWrittenError
from .csv import CsvOutput
from .tensorboard import TensorBoardOutput
from .text import TextOutput

__all__ = ["CsvOutput", "Output", "PartlyWrittenError", "TensorBoardOutput", "TextOutput"]
