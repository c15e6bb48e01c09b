"""Cooperative (or another holder), who works for it, who belongs to it, what it is certified for."""

from cooperatives.models.certificates import (
    Certificate,
    CertificateCheck,
    CertificateEvent,
    CertificateKind,
    CertificateStep,
)
from cooperatives.models.growers import DirectoryExport, Grower, GrowerImport, GrowerImportStatus
from cooperatives.models.holders import (
    Cooperative,
    CooperativeStatus,
    HolderKind,
    Invitation,
    MemberRole,
    Membership,
    RegistrationEvent,
    RegistrationStep,
)
from cooperatives.models.packing import PackingHouse

__all__ = [
    "Certificate",
    "CertificateCheck",
    "CertificateEvent",
    "CertificateKind",
    "CertificateStep",
    "Cooperative",
    "CooperativeStatus",
    "DirectoryExport",
    "Grower",
    "GrowerImport",
    "GrowerImportStatus",
    "HolderKind",
    "Invitation",
    "MemberRole",
    "Membership",
    "PackingHouse",
    "RegistrationEvent",
    "RegistrationStep",
]
