"""Certificates: PDF/A with everything inside, versions, seals, signing, one altered byte, forgeries."""

import datetime as dt
import io
import re

import pikepdf
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.utils import timezone
from weasyprint.urls import FatalURLFetchingError

from codes import services
from codes.certificates import demo_signer, files, render, seal, trust
from codes.certificates.files import Verdict, check_file
from codes.models import CodeCertificate, ProductionArea, ProductionAreaCode
from codes.services.certificates import (
    is_being_made,
    make_certificate,
    make_certificates,
    store_signed,
)
from cooperatives.models import Cooperative
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Job
from office.services import run_job
from tests.factories.certificates import bytes_of, new_seal_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installation")]

VIETNAMESE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def text_of(pdf):
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in document)


def written(tmp_path, data):
    path = tmp_path / "given"
    path.write_bytes(data)
    return path


def test_certificate_is_pdf_a_with_everything_inside(certificate):
    pdf = bytes_of(certificate.document)

    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        with document.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "B"
        assert document.Root.Lang == "vi"
        objects = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)]
        fonts = [one for one in objects if one.get("/Type") == "/FontDescriptor"]
        assert fonts
        assert all(any(key in font for key in ("/FontFile", "/FontFile2", "/FontFile3")) for font in fonts)
        described = [one for one in objects if one.get("/Type") == "/Font" and one.get("/Subtype") != "/Type0"]
        assert all("/FontDescriptor" in one for one in described)
        assert not [one for one in objects if one.get("/S") in ("/JavaScript", "/URI", "/Launch", "/GoToR")]
        assert "/EmbeddedFiles" not in document.Root.get("/Names", {})
        fields = {str(field.T): field for field in document.Root.AcroForm.Fields}
        assert set(fields) == {"NguoiCoThamQuyen", "CoQuanToChuc"}
        assert all(field.FT == "/Sig" and "/V" not in field for field in fields.values())
        assert all("/AP" in field for field in fields.values())


def test_signatures_stand_on_the_first_page(certificate):
    with pikepdf.open(io.BytesIO(bytes_of(certificate.document))) as document:
        on_page = [[str(field.T) for field in page.get("/Annots", ())] for page in document.pages]

    assert on_page == [["NguoiCoThamQuyen", "CoQuanToChuc"], []]


def test_certificate_says_what_it_must(certificate, code):
    text = text_of(bytes_of(certificate.document))

    for part in (
        VIETNAMESE, "Độc lập - Tự do - Hạnh phúc", "VN-XXOR-0001", "Vùng xoài Thử", "Hợp tác xã Của Tôi", "3,00 ha",
        "Phường Cao Lãnh Thử", "Trung Quốc", f"{code.issued_on:%d/%m/%Y}", "Vĩ độ", "10.45", "phiên bản 1",
    ):  # fmt: skip
        assert part in text


def test_household_and_hidden_outline_stay_out(code):
    Cooperative.objects.update(kind="household")
    ProductionArea.objects.update(is_outline_public=False)

    text = text_of(bytes_of(make_certificate(code).document))

    assert "Hợp tác xã Của Tôi" not in text
    assert "không công khai" in text
    assert "Vĩ độ" not in text
    assert "105.6" not in text


def test_many_corners_are_listed_by_a_few(code):
    import math

    from django.contrib.gis.geos import MultiPolygon, Polygon

    from codes.certificates.content import MAX_CORNERS, content_of

    ring = [(105.6 + math.cos(a / 200) * 0.003, 10.45 + math.sin(a / 200) * 0.003) for a in range(1256)]
    round_area = MultiPolygon(Polygon([*ring, ring[0]]), srid=4326)
    code.pk = ProductionAreaCode.objects.create(
        **{
            field: getattr(code, field)
            for field in (
                "scheme", "market", "scope", "issued_on", "area", "area_version", "area_name", "crop", "crop_name",
                "holder", "holder_name", "commune", "commune_name", "province_name", "grower_count",
            )
        },
        code="VN-XXOR-0777",
        serial=777,
        boundary=round_area,
    ).pk  # fmt: skip
    round_code = ProductionAreaCode.objects.get(pk=code.pk)

    drawn = content_of(round_code).corner_map

    assert 8 <= len(drawn.corners) <= MAX_CORNERS
    assert drawn.tolerance_m > 0
    assert all(abs(float(lat) - 10.45) < 0.004 for lat, _lon, _x, _y in drawn.corners)


def test_nothing_is_fetched():
    for address in ("http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AA==", "x.png"):
        with pytest.raises(FatalURLFetchingError):
            render._document(f'<img src="{address}">')


def test_same_content_makes_no_new_version(certificate, code):
    assert make_certificate(code) == certificate
    assert CodeCertificate.objects.count() == 1


def test_renewed_term_makes_a_new_version(certificate, code):
    ProductionAreaCode.objects.filter(pk=code.pk).update(valid_until=dt.date(2031, 1, 1))

    second = make_certificate(code)

    assert second.version == 2
    assert "01/01/2031" in text_of(bytes_of(second.document))


def test_changed_ground_makes_a_new_version_that_says_so(certificate, area, clerk, plot_factory, grower, code):
    services.change_area(area, name=area.name, plots=[*area.plots.all(), plot_factory(grower=grower)], by=clerk)

    second = make_certificate(code)

    assert second.version == 2
    assert "đã thay đổi sau khi cấp" in text_of(bytes_of(second.document))


def test_no_certificate_for_codes_that_are_over_or_without_ground(code, officer):
    ProductionAreaCode.objects.filter(pk=code.pk).update(status="revoked")
    with pytest.raises(WrongState, match="thu hồi"):
        make_certificate(code)

    imported = ProductionAreaCode.objects.create(
        code="VN-ABOR-0009", scheme=code.scheme, scope="AB", is_imported=True, issued_on=dt.date(2020, 1, 1),
        area_name="Vùng cũ", crop=code.crop, crop_name="Xoài", holder_name="Ai đó", commune=code.commune,
        commune_name=code.commune_name, province_name=code.province_name, grower_count=0,
    )  # fmt: skip
    with pytest.raises(RuleViolated) as refused:
        make_certificate(imported)
    assert refused.value.code == "no_ground"


def test_job_after_issue_makes_it(code):
    job = Job.objects.filter(kind="codes.make_certificates").latest("created_at")
    assert job.payload == {"codes": [code.pk]}
    assert is_being_made(code)

    done = run_job(job.pk)

    assert done.result == {"codes": 1, "made": 1, "passed": 0}
    assert not is_being_made(code)
    assert code.certificates.get().version == 1


def test_job_of_the_clock_makes_up_for_what_is_missing(code):
    job = Job(kind="codes.make_certificates", payload={})

    assert make_certificates(job)["made"] == 1
    assert make_certificates(job)["codes"] == 0


# --- Seals ------------------------------------------------------------------------------------------------------


def test_seal_is_read_back_without_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        text = seal.make_seal("VN-XXOR-0001", 3)

        assert seal.read_seal(text) == seal.Seal("VN-XXOR-0001", 3)
        assert seal.read_seal(text.lower()) == seal.Seal("VN-XXOR-0001", 3)


def test_no_seal_without_the_key(settings):
    text = seal.make_seal("VN-XXOR-0001", 1)
    code, _version, mac = text.split(".")
    other = "A" if mac[-1] != "A" else "B"

    for forged in (f"{code}.2.{mac}", f"VN-XXOR-0002.1.{mac}", f"{code}.1.{mac[:-1]}{other}", f"{code}.1.", code, ""):
        assert seal.read_seal(forged) is None
    settings.SEAL_KEYS = [new_seal_key()]
    assert seal.read_seal(text) is None


def test_keys_rotate(settings):
    old = seal.make_seal("VN-XXOR-0001", 1)
    settings.SEAL_KEYS = [new_seal_key(), *settings.SEAL_KEYS]

    assert seal.read_seal(old) is not None
    assert seal.make_seal("VN-XXOR-0001", 1) != old


def test_sealing_needs_a_key(settings):
    settings.SEAL_KEYS = []
    with pytest.raises(ImproperlyConfigured):
        seal.make_seal("VN-XXOR-0001", 1)
    settings.SEAL_KEYS = ["é"]
    with pytest.raises(ImproperlyConfigured):
        seal.read_seal("VN-XXOR-0001.1.AAAAAAAAAAAAAAAAAA")


# --- Files ------------------------------------------------------------------------------------------------------


def test_unsigned_original_is_known(certificate, tmp_path):
    found = check_file(written(tmp_path, bytes_of(certificate.document)))

    assert (found.verdict, found.reason) == (Verdict.VALID, "unsigned_original")
    assert found.certificate == certificate
    assert found.is_latest


@pytest.mark.parametrize("place", [0.05, 0.3, 0.6, 0.9])
def test_one_altered_byte_is_seen(certificate, tmp_path, place):
    data = bytearray(bytes_of(certificate.document))
    data[int(len(data) * place)] ^= 1

    found = check_file(written(tmp_path, bytes(data)))

    assert (found.verdict, found.reason) == (Verdict.ALTERED, "differs_from_original")
    assert found.certificate == certificate


def test_added_bytes_are_seen(certificate, tmp_path):
    found = check_file(written(tmp_path, bytes_of(certificate.document) + b"\n% more\n"))

    assert (found.verdict, found.reason) == (Verdict.ALTERED, "added_without_signature")


def test_strangers_are_unknown_and_forged_seals_altered(tmp_path):
    unknown = check_file(written(tmp_path, b"%PDF-1.7 nothing of ours %%EOF"))
    forged = check_file(written(tmp_path, b"%PDF-1.7 https://x/v/VN-XXOR-0001.1.AAAAAAAAAAAAAAAAAA %%EOF"))

    assert (unknown.verdict, unknown.reason) == (Verdict.UNKNOWN, "not_ours")
    assert (forged.verdict, forged.reason) == (Verdict.ALTERED, "seal_forged")
    with pytest.raises(RuleViolated):
        check_file(written(tmp_path, b""))


def test_signed_file_comes_back_in(certificate, trusted, officer, tmp_path):
    signed = demo_signer.sign(bytes_of(certificate.document), trusted)

    stored = store_signed(certificate, ContentFile(signed, name="a.pdf"), by=officer)

    (one,) = stored.signature["signatures"]
    assert (one["is_intact"], one["covers_file"], one["is_trusted"]) == (True, True, True)
    assert one["signer"] == "Nguyễn Thử Ký, Sở Thử"
    assert one["organisation"] == "Sở Thử"
    assert one["revocation"] == "not_checked"
    assert stored.signature["trust"] == "checked"
    assert abs(stored.signed_at - timezone.now()) < dt.timedelta(minutes=5)
    found = check_file(written(tmp_path, signed))
    assert (found.verdict, found.reason) == (Verdict.VALID, "signed_original")
    with pytest.raises(WrongState, match="đã có bản ký"):
        store_signed(certificate, ContentFile(signed, name="a.pdf"), by=officer)


def test_signed_pdf_is_still_pdf_a_of_our_bytes(certificate, authority):
    original = bytes_of(certificate.document)

    signed = demo_signer.sign(original, authority)

    assert signed.startswith(original)
    with pikepdf.open(io.BytesIO(signed)) as document, document.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "3"


def test_two_signatures_one_after_the_other(certificate, trusted, officer):
    once = demo_signer.sign(bytes_of(certificate.document), trusted, field="NguoiCoThamQuyen")
    twice = demo_signer.sign(once, trusted)

    stored = store_signed(certificate, ContentFile(twice, name="a.pdf"), by=officer)

    assert [one["field"] for one in stored.signature["signatures"]] == ["NguoiCoThamQuyen", "CoQuanToChuc"]


def refusal(certificate, data, officer):
    with pytest.raises(RuleViolated) as refused:
        store_signed(certificate, ContentFile(data, name="a.pdf"), by=officer)
    certificate.refresh_from_db()
    assert certificate.signed_document is None
    return refused.value.findings[0].code


def test_signed_files_that_are_refused(certificate, trusted, officer):
    original = bytes_of(certificate.document)
    signed = demo_signer.sign(original, trusted)
    broken = bytearray(signed)
    broken[len(original) + 400] ^= 1
    stranger = demo_signer.make_authority("Kẻ Lạ", "Người Lạ")

    assert refusal(certificate, original, officer) == "not_signed"
    assert refusal(certificate, b"%PDF-1.7" + signed[8:200], officer) == "not_this_document"
    assert refusal(certificate, bytes([signed[0], signed[1] ^ 1]) + signed[2:], officer) == "not_this_document"
    assert refusal(certificate, bytes(broken), officer) in ("damaged", "signature_broken", "content_changed")
    assert refusal(certificate, demo_signer.sign(original, stranger), officer) == "signer_not_trusted"
    assert refusal(certificate, signed + b"\n% more", officer) in ("signature_incomplete", "damaged")


def test_page_content_added_before_signing_is_refused(certificate, trusted, officer, tmp_path):
    """A signature that covers everything proves nothing when the text under it was changed first."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(bytes_of(certificate.document)))
    stream = writer.add_object(generic.StreamObject(stream_data=b"0 0 300 300 re f"))
    writer.add_stream_to_page(0, stream)
    out = io.BytesIO()
    writer.write(out)
    painted = demo_signer.sign(out.getvalue(), trusted)

    assert refusal(certificate, painted, officer) == "content_changed"
    found = check_file(written(tmp_path, painted))
    assert (found.verdict, found.reason) == (Verdict.ALTERED, "content_changed")


def moved_behind(original, other):
    """`original`, then the whole of `other` (classic cross-references) moved behind it, with no way back."""
    ahead = len(original)
    shifted = re.sub(rb"(?m)^(\d{10}) (\d{5}) n", lambda m: b"%010d %s n" % (int(m[1]) + ahead, m[2]), other)
    return original + re.sub(rb"startxref\s+(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) + ahead), shifted)


def test_another_document_behind_ours_is_refused(certificate, trusted, officer, tmp_path):
    """The file begins with our bytes, but a reader sees a stranger's document that hangs on no revision of ours."""
    original, forged = bytes_of(certificate.document), io.BytesIO()
    with pikepdf.open(io.BytesIO(original)) as document:
        document.pages[0].contents_add(b"0 0 300 300 re f")
        document.save(forged, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    once = demo_signer.sign(moved_behind(original, forged.getvalue()), trusted, field="NguoiCoThamQuyen")
    joined = demo_signer.sign(once, trusted)  # so that the forger's document has more revisions than ours

    found = check_file(written(tmp_path, joined))

    assert (found.verdict, found.reason) == (Verdict.ALTERED, "content_changed")
    assert refusal(certificate, joined, officer) == "content_changed"


def test_revocation_lists_are_asked(certificate, trusted, officer, installation, tmp_path):
    place = installation / "trust" / "revocation" / "office.crl"
    signed = demo_signer.sign(bytes_of(certificate.document), trusted)
    place.write_bytes(trusted.revocation_list(revoked=False))
    good = check_file(written(tmp_path, signed))
    place.write_bytes(trusted.revocation_list(revoked=True))
    revoked = check_file(written(tmp_path, signed))

    assert good.signatures[0]["revocation"] == "good"
    assert (good.verdict, good.reason) == (Verdict.VALID, "signed_elsewhere")
    assert (revoked.verdict, revoked.reason) == (Verdict.UNKNOWN, "signature_revoked")
    assert refusal(certificate, signed, officer) == "signature_revoked"


def test_signers_nobody_vouches_for(certificate, authority, officer, tmp_path):
    signed = demo_signer.sign(bytes_of(certificate.document), authority)

    before = check_file(written(tmp_path, signed))
    stored = store_signed(certificate, ContentFile(signed, name="a.pdf"), by=officer)

    assert (before.verdict, before.reason) == (Verdict.UNKNOWN, "signer_not_trusted")
    assert stored.signature["trust"] == "not_checked"


def test_demo_authority_counts_in_a_demo_only(authority, installation, settings):
    (installation / "trust").mkdir()
    (installation / "trust" / "demo-ca.pem").write_bytes(authority.root_pem)

    settings.DEMO = False
    assert trust.evidence().roots == ()
    settings.DEMO = True
    assert len(trust.evidence().roots) == 1


def test_only_officers_of_the_place_hand_in(certificate, trusted, clerk, officer_factory, province_factory=None):
    signed = demo_signer.sign(bytes_of(certificate.document), trusted)

    with pytest.raises(NotAllowed):
        store_signed(certificate, ContentFile(signed, name="a.pdf"), by=clerk)


def test_bombs_are_given_up(certificate, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LIMITS", files.sandbox.Limits(cpu_s=1, wall_s=1, memory_bytes=64 * 1024 * 1024))
    data = bytes_of(certificate.document) + b"\n1 0 obj\n" + b"[" * 200_000 + b"\n%%EOF\n"

    found = check_file(written(tmp_path, data))

    assert (found.verdict, found.reason) == (Verdict.ALTERED, "damaged")


# --- The demo's signer ------------------------------------------------------------------------------------------


def test_command_signs_in_a_demo_only(certificate, officer, settings, installation):
    from django.core.management import CommandError, call_command

    settings.DEMO = False
    with pytest.raises(CommandError, match="demo only"):
        call_command("sign_demo_certificate", "vn xxor 0001", officer=officer.username)
    settings.DEMO = True
    call_command("sign_demo_certificate", "vn xxor 0001", officer=officer.username, out=installation / "signed.pdf")

    certificate = CodeCertificate.objects.latest("version")
    assert certificate.signature["signatures"][0]["is_trusted"]
    assert check_file(installation / "signed.pdf").reason == "signed_original"
    assert not [path for path in installation.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    with pytest.raises(CommandError, match="đã có bản ký"):
        call_command("sign_demo_certificate", "VN-XXOR-0001", officer=officer.username)
    with pytest.raises(CommandError, match="No such code"):
        call_command("sign_demo_certificate", "VN-XXOR-0404", officer=officer.username)
