"""Is this file one of our certificates, unchanged? By digests first; only what begins as ours is parsed, in the fence.

An altered copy is known by the seal that stands readable in the file: it says which certificate it wants to be.
"""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from codes.certificates import trust
from codes.certificates.seal import read_seal
from codes.models import CodeCertificate
from core.errors import RuleViolated
from geofiles import sandbox
from geofiles.errors import GeoFileError

MAX_BYTES = 8 * 1024 * 1024  # a signed certificate is below 200 kB
MAX_REVISIONS = 24
LIMITS = sandbox.Limits(cpu_s=10, wall_s=20, memory_bytes=768 * 1024 * 1024, output_bytes=4 * 1024 * 1024)
_END = re.compile(rb"%%EOF(\r\n|\n|\r)?")
_SEAL = re.compile(rb"/v/([A-Z0-9-]{2,60}\.[0-9]{1,6}\.[A-Z2-7]{18})")


class Verdict(StrEnum):
    """What the page says of a file."""

    VALID = "valid"
    ALTERED = "altered"
    UNKNOWN = "unknown"


VERDICTS = {
    Verdict.VALID: _("Tệp nguyên vẹn"),
    Verdict.ALTERED: _("Tệp đã bị sửa"),
    Verdict.UNKNOWN: _("Không nhận ra tệp này"),
}
REASONS = {
    "unsigned_original": _("Đúng từng byte bản do hệ thống lập. Bản này chưa có chữ ký số."),
    "signed_original": _("Đúng từng byte bản đã ký mà cơ quan cấp mã nộp vào hệ thống."),
    "signed_elsewhere": _("Nội dung là bản do hệ thống lập; chữ ký số hợp lệ của người ký được tin cậy."),
    "signer_not_trusted": _("Tệp được ký bởi người mà hệ thống này không biết: không thể coi là của cơ quan cấp mã."),
    "signature_revoked": _("Chứng thư của người ký đã bị thu hồi."),
    "signature_broken": _("Chữ ký số không khớp nội dung tệp."),
    "signature_incomplete": _("Chữ ký số không bao trùm hết tệp: sau khi ký, tệp bị thêm nội dung."),
    "content_changed": _("Sau bản gốc, tệp bị thêm hoặc sửa nội dung ngoài chữ ký."),
    "added_without_signature": _("Sau bản gốc, tệp bị thêm nội dung mà không có chữ ký số."),
    "differs_from_original": _("Tệp tự xưng là giấy xác nhận này nhưng khác bản do hệ thống lập."),
    "seal_forged": _("Mã niêm phong trong tệp không do hệ thống này tạo ra."),
    "not_ours": _("Hệ thống này không lập tệp này và không thấy dấu vết của giấy xác nhận nào trong tệp."),
    "damaged": _("Không đọc được tệp PDF: tệp hỏng hoặc quá phức tạp."),
}


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What is known of a file; `certificate` when it is one of ours or wants to be."""

    verdict: Verdict
    reason: str
    sha256: str
    certificate: CodeCertificate | None = None
    signatures: tuple[dict[str, Any], ...] = field(default=())

    @property
    def is_latest(self) -> bool:
        """Whether no newer version of the certificate was made."""
        one = self.certificate
        return (
            one is not None and not CodeCertificate.objects.filter(code=one.code_id, version__gt=one.version).exists()
        )


def check_file(path: Path) -> FileCheck:
    """Say whether the file is one of our certificates; see the module. Reads it, stores nothing.

    Raises RuleViolated("empty_file").
    """
    data = path.read_bytes()
    if not data:
        raise RuleViolated("empty_file", _("Tệp trống."))
    digest = hashlib.sha256(data).hexdigest()
    rows = CodeCertificate.objects.select_related("code__scheme", "code__commune", "document", "signed_document")
    stored = rows.filter(Q(document__sha256=digest) | Q(signed_document__sha256=digest)).first()
    if stored is not None:
        if stored.document.sha256 == digest:
            return FileCheck(Verdict.VALID, "unsigned_original", digest, stored)
        found = tuple(stored.signature.get("signatures", ()))
        return FileCheck(Verdict.VALID, "signed_original", digest, stored, found)
    original = _original_of(data)
    if original is not None:
        return _judge(path, digest, original)
    return _by_seal(data, digest)


def prefix_digests(data: bytes) -> set[str]:
    """SHA-256 of what the file was at the end of each of its first revisions, each with and without the line end."""
    ends: set[int] = set()
    for number, found in enumerate(_END.finditer(data)):
        if number == MAX_REVISIONS:
            break
        start = found.start() + len(b"%%EOF")
        ends |= {start, found.end()}
    digest, done, digests = hashlib.sha256(), 0, set()
    for end in sorted(ends):
        digest.update(data[done:end])
        done = end
        digests.add(digest.hexdigest())
    return digests


def _original_of(data: bytes) -> CodeCertificate | None:
    rows = CodeCertificate.objects.select_related("code__scheme", "code__commune", "document", "signed_document")
    return rows.filter(document__sha256__in=prefix_digests(data)).first()


def examine_signatures(path: Path, base_size: int) -> dict[str, Any]:
    """Return what `geofiles.signed_pdf.check` says of a file that begins with `base_size` bytes of ours."""
    known = trust.evidence()
    return sandbox.check_signatures(
        path, base_size=base_size, roots=known.roots, crls=known.crls, ocsps=known.ocsps, limits=LIMITS
    )


def fault_of(report: dict[str, Any]) -> str:
    """Return the reason why a signed copy of ours is not what it should be, "" when nothing is wrong with it.

    Trust is not asked here: whether the signer has to be known is for the caller.
    """
    signatures = report["signatures"]
    if not signatures:
        return "added_without_signature"
    if report["changed_since_base"]:
        return "content_changed"
    if not all(one["is_intact"] for one in signatures):
        return "signature_broken"
    if not signatures[-1]["covers_file"] or any(one["is_altered_later"] for one in signatures):
        return "signature_incomplete"
    if any(one["revocation"] == "revoked" for one in signatures):
        return "signature_revoked"
    return ""


def _judge(path: Path, digest: str, original: CodeCertificate) -> FileCheck:
    try:
        report = examine_signatures(path, original.document.size)
    except GeoFileError:
        return FileCheck(Verdict.ALTERED, "damaged", digest, original)
    signatures = tuple(report["signatures"])
    fault = fault_of(report)
    if fault == "signature_revoked":
        return FileCheck(Verdict.UNKNOWN, fault, digest, original, signatures)
    if fault:
        return FileCheck(Verdict.ALTERED, fault, digest, original, signatures)
    if not all(one["is_trusted"] for one in signatures):
        return FileCheck(Verdict.UNKNOWN, "signer_not_trusted", digest, original, signatures)
    return FileCheck(Verdict.VALID, "signed_elsewhere", digest, original, signatures)


def _by_seal(data: bytes, digest: str) -> FileCheck:
    """An altered copy still carries the seal of the certificate it was, or a made-up one."""
    texts = list(dict.fromkeys(_SEAL.findall(data)))[:10]
    for text in texts:
        seal = read_seal(text.decode())
        if seal is None:
            continue
        rows = CodeCertificate.objects.select_related("code__scheme", "code__commune", "document")
        certificate = rows.filter(code__code=seal.code, version=seal.version).first()
        return FileCheck(Verdict.ALTERED, "differs_from_original", digest, certificate)
    if texts:
        return FileCheck(Verdict.ALTERED, "seal_forged", digest)
    return FileCheck(Verdict.UNKNOWN, "not_ours", digest)
