"""Find run folders below a folder: every folder that a reader claims, and the runs in files with many."""

from .roots import existing_folder as existing_folder
from .roots import usual_folders as usual_folders
from .search import Search as Search
from .walk import Discovery as Discovery
from .walk import discover as discover
