"""Files of a run folder to plain data, whatever state they are in.

What could not be read is counted, never dropped.
"""

from .csv_pandas import Rows as Rows
from .csv_tolerant import read_rows as read_rows
from .header import Dialect as Dialect
from .header import read_header as read_header
from .issues import explain as explain
from .metadata import Metadata as Metadata
from .metadata import read_metadata as read_metadata
