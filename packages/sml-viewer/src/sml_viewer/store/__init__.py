"""The disposable copy of what was read: an index of runs and their columns as float64, in one SQLite file."""

from .database import Database as Database
from .database import open_database as open_database
from .load import load_columns as load_columns
from .load import load_runs as load_runs
from .location import store_path as store_path
from .update import Update as Update
from .update import Updater as Updater
