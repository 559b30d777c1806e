"""Find run folders below a folder: every folder that a reader claims, and the runs in files with many."""

from .walk import Discovery as Discovery
from .walk import discover as discover
from .walk import existing_folder as existing_folder
from .walk import usual_folders as usual_folders
