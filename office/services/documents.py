"""Files from and for people: kept under a random name outside the web root, handed out as downloads only."""

import hashlib
import re
import unicodedata
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, RuleViolated
from office.models import Document

MAX_NAME_BYTES = 200
# Controls, direction overrides, zero-width signs, and what separates folders anywhere.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\"<>|:*?]")


class FileTooLarge(DomainError):
    """413: the file is larger than we take."""

    status = 413
    code = "file_too_large"


class DocumentLost(DomainError):
    """410: the database knows the file, the disk does not."""

    status = 410
    code = "document_lost"
    detail = gettext_lazy("Tệp không còn trong kho. Hãy báo người quản trị.")


class DocumentErased(DomainError):
    """410: the file was erased when its time of keeping was over."""

    status = 410
    code = "document_erased"
    detail = gettext_lazy("Tệp đã được xóa khi hết thời hạn lưu.")


def clean_name(name: str) -> str:
    """Return a file name that is safe to show and to offer for saving: last part only, NFC, no hidden signs (D19)."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = _UNSAFE.sub("", last).strip(" .")
    if not plain:
        return "tep"
    stem, dot, suffix = plain.rpartition(".")
    ending = f"{dot}{suffix}" if stem and len(suffix) <= 12 else ""
    stem = stem if ending else plain
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending


def store_upload(file: File, *, by: Any, max_bytes: int | None = None) -> Document:
    """Keep an uploaded file and return its Document with digest.

    Raises FileTooLarge above `max_bytes` (default UPLOAD_MAX_BYTES), RuleViolated("empty_file").
    """
    limit = max_bytes or settings.UPLOAD_MAX_BYTES
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(detail=_("Tệp lớn hơn %(limit)s MB. Hãy chia nhỏ tệp.") % {"limit": limit // 1024**2})
    if size == 0:
        raise RuleViolated("empty_file", _("Tệp trống."))
    document = Document(
        pk=uuid.uuid4(),
        name=clean_name(file.name or ""),
        size=size,
        sha256=digest.hexdigest(),
        uploaded_by=by if getattr(by, "is_authenticated", False) else None,
    )
    file.seek(0)
    document.file.save(document.name, file, save=False)
    document.save(force_insert=True)
    return document


def store_made(path: Path, *, name: str, by: Any) -> Document:
    """Keep a file that we made: it is moved, not copied, where it lies on the same disk. Return its Document."""
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    document = Document(pk=uuid.uuid4(), name=clean_name(name), size=path.stat().st_size, sha256=digest, uploaded_by=by)
    with path.open("rb") as opened:
        document.file.save(document.name, _MadeFile(opened, path), save=False)
    document.save(force_insert=True)
    return document


class _MadeFile(File):
    """A file that the storage may take from where it lies."""

    def __init__(self, opened: Any, path: Path) -> None:
        super().__init__(opened, name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        return str(self.path)


def erase_content(document: Document) -> None:
    """Delete the file when the transaction commits; name, size and digest stay known."""
    name, storage = document.file.name, document.file.storage
    if name:
        document.file = ""
        document.save(update_fields=["file"])
        transaction.on_commit(lambda: storage.delete(name))  # should that fail, the clean-up of orphans takes it


def document_response(document: Document) -> FileResponse:
    """Return the file as a download that no browser runs or shows in our origin; the caller has asked for the right.

    Raises DocumentErased after its time of keeping, DocumentLost where the disk no longer has what the database knows
    (a restore without the files).
    """
    if not document.file:
        raise DocumentErased
    try:
        content = document.file.open("rb")
    except FileNotFoundError as error:
        raise DocumentLost from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=document.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
