"""`SummaryWriter` for scripts written for TensorBoard: rows, media and event files in a run folder.

from sml_logger.tensorboard import SummaryWriter  # instead of torch.utils.tensorboard or tensorboardX
"""

from .file_writer import FileWriter
from .summary_writer import SummaryWriter

__all__ = ["FileWriter", "SummaryWriter"]
