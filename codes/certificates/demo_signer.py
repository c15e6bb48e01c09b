"""A throw-away authority and signer for the demo and the tests: keys live in memory only and are forgotten.

Real certificates are signed by the office with its own token; this installation never holds a key (domain.md §6).
"""

import datetime as dt
import io
import threading
from dataclasses import dataclass
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Authority:
    """A root certificate with its key, and a signer below it."""

    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey
    signer: x509.Certificate
    signer_key: ec.EllipticCurvePrivateKey

    @property
    def root_pem(self) -> bytes:
        """The root certificate, for the folder of trust."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def revocation_list(self, *, revoked: bool, now: dt.datetime | None = None) -> bytes:
        """Return a DER list of revoked certificates that names the signer or nobody."""
        now = now or dt.datetime.now(dt.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
        builder = builder.last_update(now - dt.timedelta(hours=1)).next_update(now + dt.timedelta(days=30))
        if revoked:
            one = x509.RevokedCertificateBuilder().serial_number(self.signer.serial_number)
            builder = builder.add_revoked_certificate(one.revocation_date(now - dt.timedelta(hours=2)).build())
        return builder.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def make_authority(office: str, person: str) -> Authority:
    """Make a root named "DEMO CA <office>" and a signer of that office below it."""
    now = dt.datetime.now(dt.UTC)
    root_key, signer_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(f"DEMO CA {office}"[:60], "DEMO")
    root = (
        _builder(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = (
        _builder(_name(person[:60], office[:60]), root_name, signer_key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    return Authority(root, root_key, signer, signer_key)


def sign(pdf: bytes, authority: Authority, *, field: str = "CoQuanToChuc") -> bytes:
    """Return the PDF signed in one of its empty fields (PAdES, ETSI.CAdES.detached), appended to its own bytes."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

    out: Any = io.BytesIO()
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, location="DEMO"
    )
    signer = SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(authority.signer.public_bytes(serialization.Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(
            authority.signer_key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        ),
        cert_registry=_registry(authority),
    )

    def work() -> None:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        sign_pdf(writer, metadata, signer=signer, output=out, existing_fields_only=True)

    # pyHanko runs an event loop of its own, which a thread that has one already does not allow.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return out.getvalue()


def _registry(authority: Authority) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(authority.root.public_bytes(serialization.Encoding.DER)))
    return store


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + LIFE)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
