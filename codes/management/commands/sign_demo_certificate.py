"""Signs the latest certificate of a code with a throw-away authority, as an office would with its own token."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from codes.certificates import demo_signer, trust
from codes.certificates.content import office_of
from codes.numbering import find_code
from codes.services.certificates import make_certificate, store_signed
from core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Demo only: makes a throw-away authority and signer, trusts the authority (var/trust/demo-*.pem), signs the "
        "code's certificate in its empty field and hands it in as the named officer. The keys are forgotten at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="a code, however it is spelled")
        parser.add_argument("--officer", required=True, help="user name of the officer who hands the signed file in")
        parser.add_argument("--out", type=Path, help="also write the signed file there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses outside a demo: real certificates are signed outside, by who holds the key."""
        if not settings.DEMO:
            raise CommandError("This signs with a key that proves nothing: it works in a demo only (DEMO=1).")
        code = find_code(options["code"])
        officer = User.objects.filter(username=options["officer"]).first()
        if code is None or officer is None:
            raise CommandError("No such code." if code is None else "No such user.")
        try:
            signed = sign_for_demo(code, officer)
        except DomainError as error:
            raise CommandError("; ".join([str(error.detail), *(str(one.message) for one in error.findings)])) from error
        if options["out"]:
            options["out"].write_bytes(signed)
        self.stdout.write(f"{code.code}: signed, handed in by {officer.username}")


def sign_for_demo(code: Any, officer: Any) -> bytes:
    """Make what is missing of the code's certificate, sign it, hand it in; return the signed file.

    Raises as `make_certificate` and `store_signed` do.
    """
    certificate = make_certificate(code)
    authority = demo_signer.make_authority(office_of(code)[1], "Người ký minh họa")
    trust.folder().mkdir(parents=True, exist_ok=True)
    (trust.folder() / f"demo-{authority.root.serial_number:x}.pem").write_bytes(authority.root_pem)
    with certificate.document.file.open("rb") as file:
        signed = demo_signer.sign(file.read(), authority)
    store_signed(certificate, ContentFile(signed, name="signed.pdf"), by=officer)
    return signed
