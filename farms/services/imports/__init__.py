"""A file of plots: uploaded, read and checked by a job, looked at, then stored as a whole or not at all, and undone so.

`starting` is what a person asks for, `reading`, `checking` and `storing` are what the jobs do, `undoing` takes a whole
import back, `updating` is the bulk update of the API, `retention` erases what is no longer needed.
"""

from farms.services.imports.reading import read_import
from farms.services.imports.retention import clean_imports
from farms.services.imports.starting import (
    MAX_FEATURES,
    OPTIONS,
    ImportQuotaExceeded,
    SameFile,
    answer_import,
    cancel_import,
    commit_import,
    start_import,
)
from farms.services.imports.storing import store_import
from farms.services.imports.undoing import ImportInUse, undo_import
from farms.services.imports.updating import start_update, update_plots

__all__ = [
    "MAX_FEATURES",
    "OPTIONS",
    "ImportInUse",
    "ImportQuotaExceeded",
    "SameFile",
    "answer_import",
    "cancel_import",
    "clean_imports",
    "commit_import",
    "read_import",
    "start_import",
    "start_update",
    "store_import",
    "undo_import",
    "update_plots",
]
