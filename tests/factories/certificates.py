"""Certificates, and an authority that signs them: keys of seals and files of their own for each test."""

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from codes.certificates import demo_signer
from codes.models import CodeCertificate, ProductionAreaCode
from codes.services.certificates import make_certificate


def new_seal_key() -> str:
    """Return a key for SEAL_KEYS."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture
def installation(settings: Any, tmp_path: Path) -> Path:
    """The state folder of an installation of its own, with a fresh key of seals and endless budgets."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATE_DIR = tmp_path
    settings.SEAL_KEYS = [new_seal_key()]
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    return tmp_path


@pytest.fixture
def certificate(installation: Path, code: ProductionAreaCode) -> CodeCertificate:
    """Version 1 of the certificate of VN-XXOR-0001, unsigned."""
    return make_certificate(code)


@pytest.fixture(scope="session")
def authority() -> demo_signer.Authority:
    """A throw-away authority and signer that nobody trusts yet."""
    return demo_signer.make_authority("Sở Thử", "Nguyễn Thử Ký")


@pytest.fixture
def trusted(authority: demo_signer.Authority, installation: Path) -> demo_signer.Authority:
    """The authority, trusted by the installation."""
    folder = installation / "trust" / "revocation"
    folder.mkdir(parents=True)
    (folder.parent / "office.pem").write_bytes(authority.root_pem)
    return authority


def bytes_of(document: Any) -> bytes:
    """Return what a stored document holds."""
    with document.file.open("rb") as file:
        return file.read()
