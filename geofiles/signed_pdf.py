"""Checks the signatures of a PDF: integrity, what they cover, signer, time, trust, revocation. Never the network.

Runs in the fenced process only (``geofiles.sandbox.check_signatures``): strangers' PDFs are parsed here. PAdES as
pyHanko reads it (ISO 32000-2 §12.8, ETSI EN 319 142-1).
"""

from __future__ import annotations

import base64
import io
import logging
from pathlib import Path
from typing import Any

from geofiles.errors import TooComplex, UnreadableFile

MAX_SIGNATURES = 10
MAX_PAGES = 50
_NAME_PARTS = ("common_name", "organization_name", "organizational_unit_name")


def check(
    path: Path,
    *,
    base_size: int | None = None,
    roots: list[str] | None = None,
    crls: list[str] | None = None,
    ocsps: list[str] | None = None,
) -> dict[str, Any]:
    """Return what the signatures of a PDF are worth, as JSON-able data.

    ``base_size``: bytes of the document as it was before anybody signed; then ``changed_since_base`` says whether
    later revisions did more than sign (None without it). ``roots`` (CA certificates), ``crls`` and ``ocsps`` are DER
    in base64. Returns ``{"pages", "changed_since_base", "signatures": [...]}``; raises UnreadableFile, TooComplex.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    logging.disable(logging.CRITICAL)  # a stranger's file must not fill our log
    data = path.read_bytes()
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=True)
        pages = int(reader.root["/Pages"]["/Count"])
        signatures = list(reader.embedded_regular_signatures)
        if pages > MAX_PAGES or len(signatures) > MAX_SIGNATURES:
            raise TooComplex(reason="signatures", limit=MAX_SIGNATURES)
        evidence = _Evidence(roots or [], crls or [], ocsps or [])
        return {
            "pages": pages,
            "changed_since_base": _changed_since(reader, data, base_size),
            "signatures": [_signature(one, evidence) for one in signatures],
        }
    except (PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        # What a broken or hostile file provokes inside the parsers.
        raise UnreadableFile(reason="damaged", detail=str(error)[:200]) from error


class _Evidence:
    """What the operator supplied to judge signers by."""

    def __init__(self, roots: list[str], crls: list[str], ocsps: list[str]) -> None:
        from asn1crypto import crl, ocsp, x509

        self.roots = [x509.Certificate.load(base64.b64decode(one)) for one in roots]
        self.crls = [crl.CertificateList.load(base64.b64decode(one)) for one in crls]
        self.ocsps = [ocsp.OCSPResponse.load(base64.b64decode(one)) for one in ocsps]

    def context(self, revocation_mode: str) -> Any:
        from pyhanko_certvalidator import ValidationContext

        return ValidationContext(
            trust_roots=self.roots,  # a list, also an empty one: else the system's web certificates would count
            crls=self.crls,
            ocsps=self.ocsps,
            revocation_mode=revocation_mode,
            allow_fetching=False,
        )


def _changed_since(reader: Any, data: bytes, base_size: int | None) -> bool | None:
    """Whether revisions after the first ``base_size`` bytes did anything but fill in signatures."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification

    if base_size is None:
        return None
    base = PdfFileReader(io.BytesIO(data[:base_size]), strict=True)
    last = base.xrefs.total_revisions - 1
    if reader.xrefs.total_revisions - 1 <= last:
        return len(data) != base_size
    # A whole foreign document may stand behind our bytes: its first revisions are then not ours.
    if any(
        reader.xrefs.get_startxref_for_revision(number) != base.xrefs.get_startxref_for_revision(number)
        for number in range(last + 1)
    ):
        return True
    found = DEFAULT_DIFF_POLICY.review_file(reader, last)
    return isinstance(found, SuspiciousModification) or found.modification_level > ModificationLevel.FORM_FILLING


def _signature(embedded: Any, evidence: _Evidence) -> dict[str, Any]:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature

    status = validate_pdf_signature(embedded, evidence.context("soft-fail"))
    revocation = _revocation(embedded, evidence, status)
    is_trusted = bool(status.trusted) and revocation != "revoked"
    later = status.modification_level
    signer = status.signing_cert
    stamped: Any = status.timestamp_validity
    has_stamp = stamped is not None and stamped.intact and stamped.valid and stamped.trusted
    when = stamped.timestamp if has_stamp else status.signer_reported_dt
    return {
        "field": embedded.field_name,
        "is_intact": bool(status.intact and status.valid),
        "covers_file": status.coverage >= SignatureCoverageLevel.ENTIRE_FILE,
        "later_changes": "none" if later is None else later.name.lower(),
        "is_altered_later": later is not None and later > ModificationLevel.FORM_FILLING,
        "is_trusted": is_trusted,
        "revocation": revocation,
        "signer": _names(signer.subject),
        "organisation": _names(signer.subject, ("organization_name", "organizational_unit_name")),
        "issuer": _names(signer.issuer),
        "serial": f"{signer.serial_number:x}",
        "signed_at": when.isoformat() if when else None,
        "time_from": "timestamp" if has_stamp else "signer" if when else "",
        "why_not_trusted": "" if is_trusted else revocation if revocation == "revoked" else _why(status),
    }


def _revocation(embedded: Any, evidence: _Evidence, status: Any) -> str:
    """``revoked``; ``good`` when the supplied lists speak of every certificate of the chain; else ``not_checked``.

    Asked in a second pass: the lenient first one looks at lists only where a certificate names one of its own.
    """
    from pyhanko.sign.validation import validate_pdf_signature

    if status.trusted and (evidence.crls or evidence.ocsps):
        status = validate_pdf_signature(embedded, evidence.context("require"), skip_diff=True)
        if status.trusted:
            return "good"
    return "revoked" if status.revocation_details is not None else "not_checked"


def _why(status: Any) -> str:
    return status.trust_problem_indic.name.lower() if status.trust_problem_indic is not None else "unknown"


def _names(name: Any, keys: tuple[str, ...] = _NAME_PARTS) -> str:
    """Name, organisation and unit of an X.509 name; personal numbers in other parts stay out."""
    parts = []
    for key in keys:
        found = name.native.get(key)
        parts += [part for part in (found if isinstance(found, list) else [found]) if part]
    return ", ".join(dict.fromkeys(str(part) for part in parts))[:300]
