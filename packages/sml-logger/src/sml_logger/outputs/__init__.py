"""Output files of a run: one class per format behind one protocol."""

from .base import Output, PartlyWrittenError
from .csv import CsvOutput
from .tensorboard import TensorBoardOutput
from .text import TextOutput

__all__ = ["CsvOutput", "Output", "PartlyWrittenError", "TensorBoardOutput", "TextOutput"]
