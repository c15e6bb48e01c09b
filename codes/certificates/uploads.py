"""An uploaded file on its way to the check: looked at in a temporary copy that is gone after."""

import tempfile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from codes.certificates.files import MAX_BYTES, FileCheck, check_file
from core.errors import RuleViolated
from office.services.documents import FileTooLarge


def check_upload(upload: Any) -> FileCheck:
    """Return `check_file` of an uploaded file (or None). Raises RuleViolated("no_file", "empty_file"), FileTooLarge."""
    if upload is None:
        raise RuleViolated("no_file", _("Hãy chọn một tệp."))
    if upload.size > MAX_BYTES:
        raise FileTooLarge(
            detail=_("Tệp lớn hơn %(limit)s MB: không phải giấy xác nhận.") % {"limit": MAX_BYTES // 1024**2}
        )
    with tempfile.NamedTemporaryFile(prefix="verify-", suffix=".pdf") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return check_file(Path(copy.name))
