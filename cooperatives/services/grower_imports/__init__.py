"""A list of members: uploaded, read in the fence by a job, looked at, then stored as chosen or not at all.

What was read is kept encrypted in the import; file and rows go when it is over, rows that were left out after a week.
`starting` is what a person asks for, `reading` and `storing` are what the jobs do, `content` is what an import holds.
"""

from cooperatives.services.grower_imports.content import can_download, clean_imports, content_of, is_working
from cooperatives.services.grower_imports.reading import read_growers
from cooperatives.services.grower_imports.starting import (
    SameList,
    answer_grower_import,
    cancel_grower_import,
    choose_rows,
    commit_grower_import,
    start_grower_import,
)
from cooperatives.services.grower_imports.storing import store_growers

__all__ = [
    "SameList",
    "answer_grower_import",
    "can_download",
    "cancel_grower_import",
    "choose_rows",
    "clean_imports",
    "commit_grower_import",
    "content_of",
    "is_working",
    "read_growers",
    "start_grower_import",
    "store_growers",
]
