"""Certificates: declared with a paper by the holder, checked against it by the officer of the place, ended."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse
from django.utils.timezone import localdate

from cooperatives import services
from cooperatives.models import Certificate, CertificateCheck, CertificateEvent
from cooperatives.permissions import can_check_certificate
from core.errors import DomainError, NotAllowed, RuleViolated, WrongState
from office.models import Notice
from tests.factories.cooperatives import make_certificate, make_membership

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
FACTS = {
    "kind": "vietgap", "number": "VG-1", "issuer": "Trung tâm thử", "issued_on": date(2026, 1, 1),
    "valid_until": date(2027, 12, 31),
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def paper(name="giay.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def declared(cooperative, clerk):
    """Declared with its paper; waits for the officer."""
    return services.declare_certificate(cooperative, **FACTS, file=paper(), by=clerk)


def bytes_of(response):
    """The whole download; the file behind it is closed."""
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:  # its own close() would also end the test's connection
        close()
    return content


def steps_of(certificate):
    return list(certificate.events.values_list("step", "by__username"))


# --- The holder -----------------------------------------------------------------------------------------------


def test_certificate_is_declared_and_the_officer_is_told_once(cooperative, clerk, officer):
    first = services.declare_certificate(cooperative, **FACTS, file=paper(), by=clerk)
    services.declare_certificate(cooperative, **FACTS | {"number": "VG-2"}, file=paper(), by=clerk)
    services.declare_certificate(cooperative, **FACTS | {"number": "VG-3"}, by=clerk)

    assert (first.check_status, first.checked_at, steps_of(first)) == ("declared", None, [("declare", "clerk")])
    told = Notice.objects.filter(user=officer, kind="cooperatives.certificate_waits")
    assert [notice.url for notice in told] == ["/desk/certificates/"]


@pytest.mark.parametrize(
    ("case", "fields", "code", "pointer"),
    [
        (
            "of tomorrow",
            {"issued_on": date(2999, 1, 1), "valid_until": date(2999, 2, 1)},
            "not_issued_yet",
            "/issued_on",
        ),
        ("ends before it begins", {"valid_until": date(2025, 12, 31)}, "bad_dates", "/valid_until"),
        ("organic beyond 24 months", {"kind": "organic", "valid_until": date(2028, 1, 2)}, "too_long", "/valid_until"),
        (
            "OCOP beyond 36 months",
            {"kind": "ocop", "stars": 4, "valid_until": date(2029, 1, 2)},
            "too_long",
            "/valid_until",
        ),
        ("OCOP without stars", {"kind": "ocop"}, "stars_missing", "/stars"),
        ("OCOP of two stars", {"kind": "ocop", "stars": 2}, "stars_missing", "/stars"),
        ("same number again", {"number": " VG-0 "}, "certificate_known", "/number"),
    ],
)
def test_certificate_that_is_refused(case, fields, code, pointer, cooperative, clerk):
    make_certificate(cooperative, kind="vietgap", number="VG-0")

    with pytest.raises(RuleViolated) as refused:
        services.declare_certificate(cooperative, **FACTS | fields, by=clerk)

    assert [(finding.code, finding.pointer) for finding in refused.value.findings] == [(code, pointer)]


@pytest.mark.parametrize(
    ("kind", "issued_on", "valid_until"),
    [
        ("organic", date(2026, 1, 1), date(2028, 1, 1)),
        ("organic", date(2024, 2, 29), date(2026, 3, 1)),  # no 29 February two years later
        ("vietgap", date(2026, 1, 1), date(2036, 1, 1)),  # no text of the law at hand: not judged
    ],
)
def test_longest_validity(kind, issued_on, valid_until, cooperative, clerk):
    made = services.declare_certificate(
        cooperative, **FACTS | {"kind": kind, "issued_on": issued_on, "valid_until": valid_until}, by=clerk
    )

    assert made.valid_until == valid_until


def test_stars_belong_to_ocop_only(cooperative, clerk):
    assert services.declare_certificate(cooperative, **FACTS, stars=4, by=clerk).stars is None
    with pytest.raises(IntegrityError), transaction.atomic():
        make_certificate(cooperative, stars=4)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"<script>", "unknown_file_type"),
        ("a.exe", PDF, "unknown_file_type"),
        ("a.svg", b"<svg/>", "unknown_file_type"),
        ("a.pdf", PDF + b"x" * 10 * 1024**2, "file_too_large"),
    ],
)
def test_paper_that_is_refused(name, content, code, cooperative, clerk):
    with pytest.raises(DomainError) as refused:
        services.declare_certificate(cooperative, **FACTS, file=paper(name, content), by=clerk)

    assert refused.value.code == code
    assert not Certificate.objects.exists()


def test_new_paper_has_to_be_checked_again(declared, officer, clerk):
    services.check_certificate(declared, by=officer)

    changed = services.attach_file(declared, file=paper("moi.pdf"), by=clerk)

    assert (changed.check_status, changed.checked_by, changed.checked_at) == ("declared", None, None)
    assert [event.document.name for event in changed.events.filter(step__in=("check", "file"))] == [
        "giay.pdf",
        "moi.pdf",
    ]


def test_ended_certificate_is_no_longer_in_force_nor_shown(declared, clerk, officer):
    today = localdate()
    assert Certificate.objects.valid_on(today).exists()

    ended = services.end_certificate(declared, note="Ghi nhầm", by=clerk)

    assert not Certificate.objects.valid_on(today).exists()
    assert not Certificate.objects.shown(today).exists()
    for act in (
        lambda: services.end_certificate(ended, by=clerk),
        lambda: services.attach_file(ended, file=paper(), by=clerk),
        lambda: services.check_certificate(ended, by=officer),
        lambda: services.refuse_certificate(ended, reason="x", by=officer),
    ):
        with pytest.raises(WrongState):
            act()
    assert services.declare_certificate(ended.cooperative, **FACTS, by=clerk).pk != ended.pk


# --- The officer ----------------------------------------------------------------------------------------------


def test_officer_checks_against_the_paper(declared, officer, clerk):
    found = services.check_certificate(declared, note="Xem bản gốc", by=officer)

    assert (found.check_status, found.checked_by) == (CertificateCheck.CHECKED, officer)
    assert steps_of(found) == [("declare", "clerk"), ("check", "officer")]
    assert Notice.objects.filter(user=clerk, kind="cooperatives.certificate_check").count() == 1
    with pytest.raises(WrongState):
        services.check_certificate(found, by=officer)


def test_refused_certificate_counts_nowhere_until_it_is_put_right(declared, officer, clerk):
    services.refuse_certificate(declared, reason="Số trên giấy là VG-7", by=officer)

    assert not Certificate.objects.valid_on(localdate()).exists()
    assert not Certificate.objects.shown(localdate()).exists()
    assert "VG-7" in Notice.objects.get(user=clerk, kind="cooperatives.certificate_refuse").text
    services.attach_file(declared, file=paper(), by=clerk)
    services.check_certificate(declared, by=officer)
    assert Certificate.objects.valid_on(localdate()).exists()


def test_nothing_is_confirmed_without_a_paper_or_a_reason(cooperative, clerk, officer, declared):
    bare = services.declare_certificate(cooperative, **FACTS | {"number": "VG-9"}, by=clerk)

    with pytest.raises(RuleViolated) as no_paper:
        services.check_certificate(bare, by=officer)
    with pytest.raises(RuleViolated) as no_reason:
        services.refuse_certificate(declared, reason="  ", by=officer)

    assert (no_paper.value.code, no_reason.value.code) == ("file_missing", "reason_missing")


def test_expired_certificate_is_not_confirmed(declared, officer):
    Certificate.objects.update(valid_until=localdate() - timedelta(days=1))

    with pytest.raises(WrongState):
        services.check_certificate(declared, by=officer)


@pytest.mark.parametrize(
    ("person", "may_declare", "may_check"),
    [
        ("clerk", True, False),
        ("owner", True, False),
        ("helper", True, False),
        ("viewer", False, False),
        ("neighbour_clerk", False, False),
        ("officer", False, True),
        ("foreign_officer", False, False),
        ("planner", False, False),
        ("outsider", False, False),
        ("anonymous", False, False),
    ],
)
def test_who_may_declare_and_who_may_check(request, person, may_declare, may_check, cooperative, declared):
    user = request.getfixturevalue(person)

    def allowed(act):
        try:
            with transaction.atomic():
                act()
        except NotAllowed:
            return False
        return True

    found = (
        allowed(lambda: services.declare_certificate(cooperative, **FACTS | {"number": "VG-2"}, by=user)),
        allowed(lambda: services.check_certificate(declared, by=user)),
        can_check_certificate(user, cooperative),
    )

    assert found == (may_declare, may_check, may_check)


def test_officer_who_works_for_the_cooperative_does_not_check_it(declared, officer, cooperative):
    make_membership(cooperative, officer)

    with pytest.raises(NotAllowed):
        services.check_certificate(declared, by=officer)


def test_history_of_a_certificate_cannot_be_rewritten(declared):
    with pytest.raises(InternalError), transaction.atomic():
        CertificateEvent.objects.update(note="x")
    with pytest.raises(InternalError), transaction.atomic():
        CertificateEvent.objects.all().delete()


# --- Pages ----------------------------------------------------------------------------------------------------


def test_clerk_declares_on_the_page(client, clerk, cooperative):
    client.force_login(clerk)
    url = reverse("cooperatives:certificate-list")
    sent = {
        "cooperative": cooperative.slug, "kind": "ocop", "number": "OC-1", "issuer": "Tỉnh", "issued_on": "2026-02-01",
        "valid_until": "2029-02-01", "stars": "4", "crop": "", "area_ha": "", "file": paper(),
    }  # fmt: skip

    answer = client.post(url, sent)

    made = Certificate.objects.get()
    assert answer["Location"] == reverse("cooperatives:certificate-detail", args=[made.pk])
    assert (made.stars, made.document.name) == (4, "giay.pdf")
    assert "OC-1" in client.get(url).content.decode()
    assert bytes_of(client.get(reverse("cooperatives:certificate-file", args=[made.pk]))) == PDF


def test_form_says_what_is_wrong(client, clerk, cooperative):
    client.force_login(clerk)
    sent = {**FACTS, "cooperative": cooperative.slug, "kind": "organic", "valid_until": "2029-01-01"}

    page = client.post(reverse("cooperatives:certificate-list"), sent)

    assert page.status_code == 422
    assert "nhiều nhất 24 tháng" in page.content.decode()


def test_clerk_sees_the_office_not_the_officer(client, clerk, officer, declared):
    officer.full_name = "Cán Bộ Riêng"
    officer.save()
    services.refuse_certificate(declared, reason="Không rõ số", by=officer)
    client.force_login(clerk)

    text = client.get(reverse("cooperatives:certificate-detail", args=[declared.pk])).content.decode()

    assert "Không rõ số" in text
    assert "Cơ quan nông nghiệp" in text
    assert "Cán Bộ Riêng" not in text


def test_clerk_gives_a_paper_and_ends_it(client, clerk, declared):
    client.force_login(clerk)
    url = reverse("cooperatives:certificate-detail", args=[declared.pk])

    client.post(url, {"file": paper("hai.pdf")})
    client.post(reverse("cooperatives:certificate-end", args=[declared.pk]), {"note": "Hết dùng"})

    assert [event.step for event in declared.events.all()] == ["declare", "file", "end"]
    assert "Gửi tệp khác" not in client.get(url).content.decode()


def test_certificates_of_others_are_not_found(client, neighbour_clerk, declared):
    client.force_login(neighbour_clerk)

    for name in ("certificate-detail", "certificate-file"):
        assert client.get(reverse(f"cooperatives:{name}", args=[declared.pk])).status_code == 404
    assert client.post(reverse("cooperatives:certificate-end", args=[declared.pk])).status_code == 404


def test_desk_lists_what_waits_and_filters(client, officer, declared, cooperative):
    make_certificate(cooperative, number="KHÔNG-GIẤY")
    make_certificate(cooperative, number="SẮP-HẾT", valid_until=localdate() + timedelta(days=20))
    client.force_login(officer)
    url = reverse("cooperatives:desk-certificate-list")

    texts = {state: client.get(f"{url}?state={state}").content.decode() for state in ("", "ending", "all", "wrong")}

    assert "VG-1" in texts[""]
    assert "KHÔNG-GIẤY" not in texts[""]
    assert "SẮP-HẾT" in texts["ending"]
    assert "VG-1" not in texts["ending"]
    assert all(number in texts["all"] for number in ("VG-1", "KHÔNG-GIẤY", "SẮP-HẾT"))
    assert "KHÔNG-GIẤY" not in texts["wrong"]
    assert "VG-1" not in client.get(f"{url}?kind=ocop").content.decode()
    assert "Chứng nhận chờ kiểm tra" in texts["all"]  # the menu says that something waits


def test_officer_decides_on_the_page(client, officer, declared):
    client.force_login(officer)
    url = reverse("cooperatives:desk-certificate", args=[declared.pk])
    page = client.get(url).content.decode()
    assert bytes_of(client.get(f"{url}file/")) == PDF

    without_reason = client.post(f"{url}refuse/", {"reason": ""})
    confirmed = client.post(f"{url}check/", {"note": ""})

    declared.refresh_from_db()
    assert "Khớp giấy tờ" in page
    assert (without_reason.status_code, confirmed.status_code) == (422, 302)
    assert declared.check_status == CertificateCheck.CHECKED


@pytest.mark.parametrize(
    ("person", "status"), [("foreign_officer", 404), ("clerk", 404), ("planner", 404), ("outsider", 404)]
)
def test_desk_of_others(request, person, status, client, declared):
    client.force_login(request.getfixturevalue(person))
    url = reverse("cooperatives:desk-certificate", args=[declared.pk])

    found = [client.get(path).status_code for path in (url, f"{url}file/")]
    found += [client.post(f"{url}{act}/", {"reason": "x"}).status_code for act in ("check", "refuse")]

    assert found == [status] * 4


# --- What the public reads --------------------------------------------------------------------------------------


def test_producer_page_says_declared_checked_expired_and_stars(client, cooperative, officer, declared):
    make_certificate(cooperative, kind="ocop", number="OC-4", stars=4, valid_until=date(2027, 1, 1))
    make_certificate(cooperative, number="CŨ-1", issued_on=date(2020, 1, 1), valid_until=date(2022, 1, 1))
    services.check_certificate(declared, by=officer)

    text = client.get(cooperative.get_absolute_url()).content.decode()

    for part in ("Cán bộ đã kiểm tra", "Tự khai, chưa kiểm tra", "Hết hạn", "4 sao", "★★★★", "CŨ-1"):
        assert part in text
    assert "giay.pdf" not in text
    assert officer.full_name not in text


def test_refused_and_ended_certificates_are_not_on_the_producer_page(client, cooperative, officer, clerk, declared):
    ended = make_certificate(cooperative, number="DỪNG-1")
    services.end_certificate(ended, by=clerk)
    services.refuse_certificate(declared, reason="Sai", by=officer)

    text = client.get(cooperative.get_absolute_url()).content.decode()

    assert "VG-1" not in text
    assert "DỪNG-1" not in text
