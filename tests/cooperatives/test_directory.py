"""The farmer directory: who is found and by what, what of each, and how tables leave (F11, G9)."""

import csv
import io
import unicodedata
from datetime import date

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from accounts.roles import Role
from cooperatives import services
from cooperatives.models import DirectoryExport
from cooperatives.services.directory import export_directory
from core.errors import NotAllowed, RuleViolated
from core.text import fold_telex
from geofiles.lists import sheets_of
from people.models import Consent, NumberRead
from people.services import build_person, withdraw_consent
from places.models import UnitSuccession
from tests.factories.cooperatives import make_cooperative, make_grower
from tests.factories.farms import make_plot
from tests.people import make_officer

pytestmark = pytest.mark.django_db
ALL = ("hamlet", "phone", "land")
URL = "/directory/"


@pytest.fixture(autouse=True)
def plenty(settings):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)


@pytest.fixture
def listed(cooperative, clerk):
    """Return a maker of members who agreed to stand in the directory with these fields."""

    def make(name, *, opened=ALL, holder=None, phone="0912345678", **fields):
        person = build_person(name, phone=phone, id_number=fields.pop("id_number", ""))
        person.save()
        grower = make_grower(holder or cooperative, person=person, **fields)
        Consent.objects.create(
            person=person, purpose="directory", fields=["name", *opened], text_version="2026-2", channel="paper",
            evidence="Tủ 1", given_at="2026-01-05T09:00+07:00", recorded_by=clerk,
        )  # fmt: skip
        return grower

    return make


def names(answer):
    return [person.name for person in answer.context["people"]]


def search(client, **words):
    return names(client.post(f"{URL}search/", words))


# --- Who is found --------------------------------------------------------------------------------------------------


def test_only_who_agreed_is_named_and_the_others_are_counted(client, officer, listed, grower_factory):
    listed("Nguyễn Văn Đồng Ý")
    hidden = [grower_factory() for _turn in range(12)]
    gone = grower_factory(left_on=date(2026, 1, 1))
    client.force_login(officer)

    answer = client.get(URL)

    text = answer.content.decode()
    assert names(answer) == ["Nguyễn Văn Đồng Ý"]
    assert "12 hộ chưa đồng ý" in text
    assert not any(str(one.person) in text for one in [*hidden, gone])
    assert "0912345678" not in text


def test_withdrawn_is_gone_from_list_page_api_and_search(client, officer, listed):
    grower = listed("Nguyễn Văn Rút Lại")
    client.force_login(officer)
    before = (names(client.get(URL)), client.get(f"{URL}{grower.pk}/").status_code)

    withdraw_consent(grower.person, "directory")

    assert before == (["Nguyễn Văn Rút Lại"], 200)
    assert names(client.get(URL)) == []
    assert search(client, q="rut lai") == []
    assert client.get(f"{URL}{grower.pk}/").status_code == 404
    assert client.get(f"/coop/growers/{grower.pk}/").status_code == 404
    assert client.get("/api/v1/growers/").json()["growers"] == []


@pytest.mark.parametrize(
    ("person", "status"),
    [("foreign_officer", 200), ("planner", 404), ("clerk", 404), ("outsider", 404), ("administrator", 404)],
)
def test_the_directory_ends_at_the_officers_communes(request, client, listed, person, status):
    grower = listed("Nguyễn Văn Nơi Khác")
    client.force_login(request.getfixturevalue(person))

    answer = client.get(URL)

    assert answer.status_code == status
    assert "Nơi Khác" not in answer.content.decode()
    assert client.get(f"{URL}{grower.pk}/").status_code == 404
    assert client.post(f"{URL}export/", {"purpose": "Thử lấy ra", "suffix": "csv"}).status_code in (404, 422)


def test_nobody_else_comes_in(client):
    assert client.get(URL).status_code == 302
    assert client.get("/directory/exports/").status_code == 302
    assert client.get("/api/v1/growers/").status_code == 401


@pytest.mark.parametrize(
    "written",
    [
        "nguyen thi hoa dang",
        "NGUYỄN THỊ HOÀ ĐẶNG",
        "Nguyễn Thị Hòa Đặng",
        unicodedata.normalize("NFD", "Nguyễn Thị Hòa Đặng"),
        "Nguyeenx Thij Hoaf Ddawngj",
        "nguyenex thi hoaf ddawngj",
        "hoa dang",
    ],
    ids=["plain", "old-tone-place", "new-tone-place", "nfd", "telex", "telex-late", "end"],
)
def test_a_name_is_found_however_it_is_written(client, officer, listed, written):
    listed("Nguyễn Thị Hòa Đặng")
    listed("Trần Văn Khác")
    client.force_login(officer)

    assert search(client, q=written) == ["Nguyễn Thị Hòa Đặng"]


def test_a_name_in_the_address_is_not_read(client, officer, listed):
    listed("Nguyễn Văn Một")
    listed("Trần Văn Hai")
    client.force_login(officer)

    assert len(names(client.get(URL, {"q": "nguyen"}))) == 2


def test_found_by_hamlet_crop_cooperative_and_old_commune(
    client, officer, listed, commune, mango, longan, unit_factory, province, neighbour
):
    former = unit_factory(
        parent=province, code="99901", name_vi="Tân Thuận Cũ", valid_from=date(2004, 1, 1), valid_to=date(2025, 7, 1)
    )
    UnitSuccession.objects.create(predecessor=former, successor=commune, kind="merge", on=date(2025, 7, 1))
    one = listed("Nguyễn Văn Xoài", hamlet="Ấp Đông Thạnh")
    make_plot(one.cooperative, mango, grower=one)
    two = listed("Trần Văn Sầu", hamlet="Khóm 3", holder=neighbour)
    make_plot(neighbour, longan, grower=two)
    client.force_login(officer)

    assert names(client.get(URL, {"hamlet": "ap dong thanh"})) == ["Nguyễn Văn Xoài"]
    assert names(client.get(URL, {"crop": longan.slug})) == ["Trần Văn Sầu"]
    assert names(client.get(URL, {"cooperative": "lang gieng"})) == ["Trần Văn Sầu"]
    assert len(names(client.get(URL, {"commune": "tan thuan cu"}))) == 2
    assert len(names(client.get(URL, {"commune": commune.code}))) == 2


@pytest.mark.parametrize("opened", [(), ("hamlet",), ("land",), ("phone",)], ids=["name", "hamlet", "land", "phone"])
def test_what_is_not_opened_is_not_shown_filtered_or_sorted_by(client, officer, listed, mango, opened):
    grower = listed("Nguyễn Văn Ít Lời", opened=opened, hamlet="Ấp Kín Đáo", id_number="012345678901")
    make_plot(grower.cooperative, mango, grower=grower)
    client.force_login(officer)

    pages = [client.get(URL), client.get(f"{URL}{grower.pk}/")]
    api = client.get("/api/v1/growers/").json()["growers"][0]

    text = "".join(page.content.decode() for page in pages)
    has = set(opened)
    assert ("Ấp Kín Đáo" in text) == ("hamlet" in has)
    assert bool(names(client.get(URL, {"hamlet": "kin dao"}))) == ("hamlet" in has)
    assert bool(names(client.get(URL, {"crop": mango.slug}))) == ("land" in has)
    assert (pages[0].context["people"][0].area_ha is not None) == ("land" in has)
    assert pages[0].context["people"][0].may_ask_phone == ("phone" in has)
    assert (api["hamlet"], api["plots"]) == ("Ấp Kín Đáo" if "hamlet" in has else None, 1 if "land" in has else None)
    assert (api["birth_year"], api["joined_on"], api["consents"]) == (None, None, ["directory"])
    assert "0912345678" not in text
    assert "012345678901" not in text


def test_largest_first_does_not_begin_with_those_whose_land_is_not_open(client, officer, listed, mango):
    closed, small, large = listed("Nguyễn Kín", opened=()), listed("Nguyễn Nhỏ"), listed("Nguyễn Lớn")
    for grower in (small, large, large, closed, closed, closed):  # a hectare each
        make_plot(grower.cooperative, mango, grower=grower)
    client.force_login(officer)

    found = names(client.get(URL, {"sort": "area"}))

    assert found == ["Nguyễn Lớn", "Nguyễn Nhỏ", "Nguyễn Kín"]


def test_a_count_of_hidden_people_answers_no_question_about_one(client, officer, listed, grower_factory):
    """A count under a name, hamlet or crop would say who is hidden; under a commune or cooperative it is what it is."""
    listed("Nguyễn Văn Hiện")
    hidden = grower_factory(hamlet="Ấp Giấu Tên")
    client.force_login(officer)

    counts = [
        client.post(f"{URL}search/", {"q": str(hidden.person)}).context["hidden"],
        client.post(f"{URL}search/", {"q": "nobody at all"}).context["hidden"],
        client.get(URL, {"hamlet": "Ấp Giấu Tên"}).context["hidden"],
        client.get(URL, {"hamlet": "Ấp Không Có"}).context["hidden"],
    ]

    assert counts == [1, 1, 1, 1]


def test_a_households_name_leads_to_nobody(client, officer, commune):
    household = make_cooperative(commune, kind="household", name="Hộ Ông Trần Giấu")
    make_grower(household)
    client.force_login(officer)

    answer = client.get(URL, {"cooperative": "tran giau"})

    assert (names(answer), answer.context["hidden"]) == ([], 0)


# --- Against copying (F11) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["phone", "-phone", "person__phone_digest", "id_number", "birth_year"])
def test_there_is_no_order_by_numbers(client, officer, listed, sort):
    listed("Nguyễn Văn Một")
    client.force_login(officer)

    answer = client.get(URL, {"sort": sort})

    assert answer.status_code == 400
    assert "Nguyễn Văn Một" not in answer.content.decode()


@pytest.mark.parametrize("name", ["phone", "id_number", "bbox", "birth_year", "person"])
def test_there_is_no_filter_by_numbers_or_places(client, officer, listed, name):
    listed("Nguyễn Văn Một")
    client.force_login(officer)

    assert client.get(URL, {name: "0912345678"}).status_code == 400


def test_a_thousand_pages_end_in_429(client, officer, listed, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"directory": 60}
    grower = listed("Nguyễn Văn Một")
    client.force_login(officer)

    statuses = [client.get(f"{URL}{grower.pk}/" if turn % 2 else URL).status_code for turn in range(1_000)]

    assert statuses.count(200) <= 2 * 60  # the thousand may touch two minutes, not more of them than it has pages
    assert statuses.count(429) >= 880
    assert set(statuses) == {200, 429}


# --- A phone -------------------------------------------------------------------------------------------------------


def test_a_phone_is_shown_once_and_logged(client, officer, listed):
    grower = listed("Nguyễn Văn Một")
    client.force_login(officer)

    without = client.post(f"{URL}{grower.pk}/phone/", {"purpose": ""})
    answer = client.post(f"{URL}{grower.pk}/phone/", {"purpose": "Hẹn kiểm tra thửa"})

    read = NumberRead.objects.get()
    assert (without.status_code, answer.status_code) == (422, 200)
    assert "0912345678" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (read.read_by, read.purpose, read.what, read.context) == (
        officer, "Hẹn kiểm tra thửa", "phone", f"grower:{grower.pk}"
    )  # fmt: skip


@pytest.mark.parametrize("what", ["phone", "id_number"])
def test_what_was_not_opened_no_officer_reads(officer, listed, what):
    grower = listed("Nguyễn Văn Một", opened=("hamlet",) if what == "phone" else ALL, id_number="012345678901")

    with pytest.raises(NotAllowed):
        services.read_number(grower, what, purpose="Hẹn kiểm tra", by=officer)

    assert not NumberRead.objects.exists()


# --- Tables out ----------------------------------------------------------------------------------------------------


def test_csv_holds_what_was_opened_and_is_written_down(client, officer, listed, mango):
    grower = listed("=HYPERLINK(Nguyễn)", hamlet="Ấp 1")
    make_plot(grower.cooperative, mango, grower=grower)
    listed("Trần Văn Ít", opened=(), hamlet="Ấp 2")
    client.force_login(officer)

    answer = client.post(
        f"{URL}export/", {"purpose": "Tập huấn vụ mới", "suffix": "csv", "commune": officer.posts.get().unit.code}
    )

    record = DirectoryExport.objects.get()
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.status_code == 200
    assert f"danh-ba-{record.pk}.csv" in answer["Content-Disposition"]
    assert [row[1:3] for row in rows[1:]] == [["'=HYPERLINK(Nguyễn)", "Ấp 1"], ["Trần Văn Ít", ""]]
    assert rows[1][5] == mango.name_vi
    assert rows[2][5:] == ["", ""]
    assert "0912345678" not in answer.content.decode()
    assert (record.exported_by, record.purpose, record.row_count, record.has_phones) == (
        officer, "Tập huấn vụ mới", 2, False
    )  # fmt: skip
    assert record.filters == {"commune": officer.posts.get().unit.code}


def cells_of(answer, path):
    path.write_bytes(answer.content)
    _format, [(_sheet, rows)] = sheets_of(path)
    return [[str(cell or "") for cell in row] for row in rows]


def test_xlsx_with_phones_only_at_the_province_and_each_read_is_logged(client, officer, province, listed, tmp_path):
    listed("Nguyễn Văn Một", phone="0912000111")
    listed("Trần Văn Hai", opened=("hamlet",), phone="0912000222")
    above = make_officer(province, Role.OFFICER, username="province-officer")
    asked = {"purpose": "Báo dịch khẩn", "suffix": "xlsx", "with_phones": "on"}

    client.force_login(officer)
    refused = client.post(f"{URL}export/", asked)
    client.force_login(above)
    answer = client.post(f"{URL}export/", asked)

    cells, plain = cells_of(answer, tmp_path / "with.xlsx"), cells_of(refused, tmp_path / "without.xlsx")
    assert cells[0][-1] == "Điện thoại"
    assert [row[7] if len(row) > 7 else "" for row in cells[1:]] == ["0912000111", ""]
    assert "Điện thoại" not in plain[0]
    assert NumberRead.objects.get().purpose == "Báo dịch khẩn"
    with pytest.raises(NotAllowed):
        export_directory({}, purpose="Báo dịch khẩn", suffix="csv", with_phones=True, by=officer)


@pytest.mark.parametrize(
    ("purpose", "suffix", "filters", "code"),
    [
        ("ab", "csv", {}, "purpose_missing"),
        ("Tập huấn", "pdf", {}, "format_unknown"),
        ("Tập huấn", "csv", {"q": "không có ai"}, "nothing_to_export"),
    ],
    ids=["purpose", "format", "nobody"],
)
def test_an_export_without_reason_form_or_rows_is_refused(officer, listed, purpose, suffix, filters, code):
    listed("Nguyễn Văn Một")

    with pytest.raises(RuleViolated) as refused:
        export_directory(filters, purpose=purpose, suffix=suffix, by=officer)

    assert refused.value.code == code
    assert not DirectoryExport.objects.exists()


def test_the_record_holds_no_name_and_cannot_be_changed(officer, listed):
    grower = listed("Nguyễn Văn Riêng Tư")

    record = export_directory({"q": "rieng tu"}, purpose="Mời tập huấn", suffix="csv", by=officer).record

    assert (record.filters, record.growers) == ({"q": "*"}, [grower.pk])
    for change in (lambda: record.delete(), lambda: DirectoryExport.objects.update(purpose="Khác")):
        with pytest.raises(InternalError), transaction.atomic():
            change()


def test_who_sees_what_was_taken_out(client, officer, foreign_officer, administrator, province, clerk, listed):
    listed("Nguyễn Văn Một")
    export_directory({}, purpose="Tập huấn vụ mới", suffix="csv", by=officer)
    auditor = make_officer(province, Role.AUDITOR, username="auditor")

    shown = {}
    for user in (officer, foreign_officer, administrator, auditor, clerk):
        client.force_login(user)
        answer = client.get(f"{URL}exports/")
        shown[user.username] = (answer.status_code, "Tập huấn vụ mới" in answer.content.decode())

    assert shown == {
        "officer": (200, True),
        "foreign-officer": (200, False),
        "administrator": (200, True),
        "auditor": (200, True),
        "clerk": (404, False),
    }


def test_a_person_is_told_who_read_and_who_took_the_name_out(client, officer, clerk, listed):
    grower = listed("Nguyễn Văn Hỏi")
    services.read_number(grower, "phone", purpose="Hẹn kiểm tra thửa", by=officer)
    export_directory({}, purpose="Tập huấn vụ mới", suffix="csv", by=officer)
    client.force_login(clerk)

    sheet = client.post(
        reverse("cooperatives:grower-data", args=[grower.pk]), {"purpose": "Người này hỏi", "as": "sheet"}
    )

    text = sheet.content.decode()
    assert sheet.status_code == 200
    assert all(words in text for words in ("Hẹn kiểm tra thửa", "Tập huấn vụ mới", "0912345678", officer.full_name))
    assert "no-store" in sheet["Cache-Control"]


# --- Fields --------------------------------------------------------------------------------------------------------


def test_clerk_records_fields_and_withdraws_one(client, officer, clerk, cooperative, grower):
    client.force_login(clerk)
    url = reverse("cooperatives:grower-consent", args=[grower.pk])

    client.post(
        url,
        {
            "purposes": ["directory", "messages"], "fields_opened": ["directory:hamlet", "directory:phone"],
            "channel": "paper", "on": "2026-11-01", "evidence": "Tủ 4",
        },
    )  # fmt: skip
    given = {consent.purpose: (consent.fields, consent.recorded_by) for consent in Consent.objects.live()}
    client.post(url, {"do": "withdraw", "fields": ["directory:phone"]})

    left = Consent.objects.live().get(purpose="directory")
    ended = Consent.objects.exclude(withdrawn_at=None).get()
    assert given == {"directory": (["name", "hamlet", "phone"], clerk), "messages": ([], clerk)}
    assert (left.fields, left.evidence, left.given_at) == (["name", "hamlet"], "Tủ 4", ended.given_at)
    assert (ended.fields, ended.withdrawn_by) == (["name", "hamlet", "phone"], clerk)


def test_who_added_and_who_erased_is_kept(owner, clerk, cooperative):
    grower = services.add_grower(cooperative, by=clerk, full_name="Nguyễn Văn Mới")
    services.leave(grower, on=date(2026, 11, 1), by=clerk)

    services.erase_grower(grower, by=owner)

    grower.refresh_from_db()
    assert (grower.added_by, grower.erased_by) == (clerk, owner)
    assert grower.added_at is not None
    assert grower.erased_at is not None


# --- In public -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consents", "shown"),
    [
        ({}, ()),
        ({"directory": ("hamlet", "phone", "land")}, ()),
        ({"buyer_contact": ("phone",)}, ()),
        ({"public_name": ()}, ("name",)),
        ({"public_name": ("hamlet",)}, ("name", "hamlet")),
        ({"public_name": (), "buyer_contact": ()}, ("name",)),
        ({"public_name": (), "buyer_contact": ("phone",)}, ("name", "phone")),
    ],
    ids=["none", "directory", "contact-only", "name", "name-hamlet", "contact-through-us", "name-phone"],
)
def test_the_producer_page_shows_what_each_agreed_to(client, clerk, cooperative, consents, shown):
    person = build_person("Phan Thị Công Khai", phone="0912000333")
    person.save()
    grower = make_grower(cooperative, person=person, hamlet="Ấp Mở Lòng")
    if consents:
        services.record_consents(
            grower, list(consents), fields=consents, channel="witnessed", evidence="Trưởng ấp", by=clerk
        )

    page = client.get(f"/p/{cooperative.slug}/")

    text = page.content.decode()
    words = {"name": "Phan Thị Công Khai", "hamlet": "Ấp Mở Lòng", "phone": "0912000333"}
    assert {name for name, word in words.items() if word in text} == set(shown)
    assert "no-store" in page["Cache-Control"]
    assert ("Offline-Copy" in page) == (not shown)  # no copy with names stays on a visitor's device


# --- Names that are not what they seem (G10) -----------------------------------------------------------------------

HIDDEN_SIGNS = {
    "rtl-override": "\u202e", "zero-width-space": "\u200b", "zero-width-joiner": "\u200d", "isolate": "\u2066",
    "byte-order-mark": "\ufeff", "nul": "\x00", "escape": "\x1b", "c1": "\x85", "soft-hyphen": "\xad",
    "grapheme-joiner": "\u034f", "arabic-mark": "\u061c", "hangul-filler": "\u3164", "tag": "\U000e0041",
    "line-separator": "\u2028", "line-feed": "\n",
}  # fmt: skip


@pytest.mark.parametrize("sign", list(HIDDEN_SIGNS))
@pytest.mark.parametrize("field", ["full_name", "hamlet"])
def test_hidden_signs_in_a_name_are_refused(client, clerk, cooperative, field, sign):
    client.force_login(clerk)
    values = {"full_name": "Nguyễn Văn Thật", "hamlet": "Ấp 1"}
    values[field] = f"Nguyễn{HIDDEN_SIGNS[sign]}Văn"

    answer = client.post(reverse("cooperatives:grower-list"), values | {"cooperative": cooperative.slug})

    assert answer.status_code == 422
    assert not cooperative.growers.exists()


def test_a_name_is_stored_composed_and_an_emoji_stays(client, clerk, cooperative):
    client.force_login(clerk)
    name = unicodedata.normalize("NFD", "Nguyễn Thị Hòa 🥭")

    client.post(reverse("cooperatives:grower-list"), {"full_name": name, "cooperative": cooperative.slug})

    assert cooperative.growers.get().person.full_name == "Nguyễn Thị Hòa 🥭"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Nguyeenx Ddawngj", "nguyen dang"),
        ("Quangs", "quang"),
        ("Truowngf", "truong"),
        ("Lee Thij Thuyr", "le thi thuy"),
        ("Sơn Trà", "son tra"),
        ("Xuân", "xuan"),
        ("12-B", "12-b"),
        ("", ""),
    ],
    ids=["marks", "tone", "horn", "circumflex", "head-s", "head-x", "no-word", "empty"],
)
def test_telex(typed, read):
    assert fold_telex(typed) == read
