"""The disposable copy of what was read: an index of runs and their columns as float64, in one SQLite file."""

from .database import Database as Database
from .database import open_database as open_database
from .indexer import Indexer as Indexer
from .indexer import Update as Update
from .loader import load_columns as load_columns
from .loader import load_runs as load_runs
from .location import store_path as store_path
