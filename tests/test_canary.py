"""Persons found nowhere else are put into every place that holds persons, then everything public is read.

Routes come from the resolver: a new one is read as well, or the test fails and asks for sample arguments.
"""

import json
import re
from datetime import date, timedelta
from math import atan, degrees, pi, sinh
from urllib.parse import unquote

import pytest
from django.utils import timezone
from django.utils.html import escape
from django.utils.timezone import localdate

from casework import services as casework
from casework.models import Inspection
from casework.services import misuse
from casework.services.inspections import Seen
from casework.services.opinions import digest_of_token
from codes.certificates.seal import make_seal
from codes.models import CodeList, CodeListRow, Lot, ProductionArea, ProductionAreaCode
from codes.services import (
    Act,
    PackingCodeFacts,
    ask_link,
    form_area,
    issue_codes,
    record_packing_code,
    register_packing_house,
    suspend_code,
)
from codes.services.certificates import make_certificate
from codes.workflow import CODE_TRANSITIONS
from cooperatives.models import Cooperative, DirectoryExport, MemberRole
from cooperatives.services import commit_grower_import, growers, start_grower_import
from core.text import fold
from exchange.analysis import MEASURES
from exchange.catalogue import CATALOGUE
from farms.models import OverlapCase, Plot, PlotImport, PlotImportRow
from maps.layers import MAP_LAYERS
from office.models import Document, Job, Message, Notice, OutboxMessage
from office.services import run_job
from products import services as products
from products.models import Demand, ProducerPhoto, SavedSearch
from tests.cooperatives.lists import row, xlsx_list
from tests.exchange import canary_files
from tests.factories.certificates import new_seal_key
from tests.factories.cooperatives import make_certificate as make_certificate_of
from tests.factories.cooperatives import make_cooperative, make_grower, make_membership
from tests.factories.farms import make_plot
from tests.factories.people import make_person
from tests.factories.products import make_enquiry, make_offer, make_product
from tests.maps.conftest import decode, tile_at
from tests.routes import all_routes
from tests.shapes import middle_of, square

pytestmark = pytest.mark.django_db(transaction=True)

# Words that no other text holds, without regard to case, diacritics and what joins them.
SECRETS = {
    "grower": "Lê Thị Quyzzên Vaxlơ",
    "grower's phone": "0003917264",
    "grower's id number": "000987123654",
    "grower's address": "Ấp Wzưng Kẽm",
    "grower's number": "SOTV-8841-QX",
    "grower's hamlet": "Khóm Jyfơn",
    "household": "Hộ Ông Fwồm Zịch",
    "household in short": "Ông Fwồm",
    "household's person": "Trần Wjậu Kzư",
    "representative": "Đỗ Xwiền Jộ",
    "representative's phone": "0005553917",
    "representative's mail": "xwien.jo@canary.test",
    "cooperative's address": "Hẻm Zwãng 77",
    "representative's Zalo": "0006638172",
    "representative's position": "Trưởng Jwoạn Fẹ",
    "reason of a return": "Thiếu jwấu của bà Fmẻn",
    "who is invited": "fqjen.wz@canary.test",
    "note of a plot": "Mướn của ông Kzwễm",
    "note of a season": "Bán cho bà Zjwửu",
    "photo of a plot": "Chị Fwạn đứng bên ranh",
    "buyer": "Vựa Pwợn Fjế",
    "buyer's mail": "pwon.fje@canary.test",
    "buyer's phone": "0008817263",
    "buyer's message": "Tôi cần gấp wzỗm xanh",
    "answer": "Còn jwặt nửa tấn",
    "clerk": "Nhân Viên Gwựm Zyên",
    "clerk's mail": "gwum.zyen@canary.test",
    "clerk's phone": "0004417283",
    "officer": "Cán Bộ Kwụng Fyên",
    "hidden product": "Đặc sản Zjếp Wọn",
    "contact of the request": "Kỹ Thuật Wvanh Jẫn",
    "note of the request": "Ghi chú zfỏng nội bộ",
    "reason of the office": "Lý do kín jwoẻn",
    "minutes of a visit": "Thấy vwỏn zụng cụ",
    "signer of a visit": "Bà Fjụng Wáz",
    "note of a planned visit": "Gặp zụ trưởng ấp",
    "uploaded file": "danh-sach-qjwem.csv",
    "row of the file": "Phạm Zwồi Jưn",
    "reporter of a misuse": "Bảo Kjẫn Wzơn",
    "contact of the reporter": "0006628193",
    "reply of the holder": "Giải bày kwiẻm zjo",
    "packing house's person": "Quản Lý Fjọt Zwân",
    "packing house's phone": "0007719364",
    "note of a packing link": "Chuyện riêng jwịp",
    "member of a list": "Võ Qjừn Wzạt",
    "phone in a list": "0003847261",
    "id number in a list": "000615283947",
    "hamlet in a list": "Xóm Zfwèo",
    "file of a list": "xa-vien-zqjom.xlsx",
    "evidence of a consent": "Tủ Kjwộn 9",
    "name of a saved search": "Canh jwoan Zẹt",
    "buyer of a demand": "Công ty Zjwân Fụt",
    "message of a demand": "Cần gấp kjwới wzan",
    "answer to a demand": "Chúng tôi có fwịn zja",
    "reason to hide a demand": "Bị ẩn vì jwạc fzô",
    "note of a certificate": "Đối chiếu với ông Fjwề",
    "caption of a hidden photo": "Bà Kzjwa hái xoài",
    "template of answers": "Chào anh Wjzâm",
    "purpose of an export": "Mời họp nhà ông Zjwíu",
    "purpose of a look": "Gọi về đám giỗ fzwâm",
    "lot number": "LO-ZJW-77",
    "note of a lot": "Chuyến đêm fwụt",
}
# A lone household's field, one without an area, and one whose area is hidden; far from everything public.
FIELDS = {
    "household's field": square(105.703172, 10.467931, side_m=90),
    "field without an area": square(105.713461, 10.447273, side_m=110),
    "field of a hidden area": square(105.723817, 10.427519, side_m=120),
}
HOUSEHOLD_SEAT = middle_of(square(105.731935, 10.417426))
VISIT_POSITION = middle_of(square(105.741733, 10.407319))
ANCIENT = date(2026, 9, 1)
JOINING = ("", "proof/", "withdraw/")
CRSS_OF_VN2000 = "http://www.opengis.net/def/crs/EPSG/0/9210"
OPINION_TOKEN = "canary-token-of-an-opinion"


@pytest.fixture
def stage(cooperative, mango, clerk, officer, old_scheme, china, settings, tmp_path):
    """Everything that holds a person, among neighbours that are public."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    settings.MEDIA_ROOT = tmp_path
    settings.SEAL_KEYS = [new_seal_key()]
    settings.DEMAND_POSTS = True
    clerk.full_name, clerk.email, clerk.phone = SECRETS["clerk"], SECRETS["clerk's mail"], SECRETS["clerk's phone"]
    clerk.save()
    officer.full_name = SECRETS["officer"]
    officer.save()
    Cooperative.objects.filter(pk=cooperative.pk).update(
        representative=SECRETS["representative"],
        phone=SECRETS["representative's phone"],
        email=SECRETS["representative's mail"],
        address=SECRETS["cooperative's address"],
        zalo=SECRETS["representative's Zalo"],
        representative_position=SECRETS["representative's position"],
        return_reason=SECRETS["reason of a return"],
    )
    cooperative.refresh_from_db()
    _joining(cooperative, clerk, officer)
    household = make_cooperative(
        cooperative.commune, kind="household", slug="ho-7c1", name=SECRETS["household"],
        short_name=SECRETS["household in short"], location=HOUSEHOLD_SEAT, story="Chuyện của hộ.",
    )  # fmt: skip
    make_membership(household, clerk, MemberRole.OWNER)
    fields = _fields(cooperative, household, mango, clerk, officer, old_scheme, china)
    papers = _papers(cooperative, clerk)
    return {
        "cooperative": cooperative,
        "household": household,
        "grower_import": _list_of_members(cooperative, clerk),
        **fields,
        **_conversations(cooperative, mango, clerk),
        **papers,
        **_file_of(fields["request"], clerk, officer, papers["document"]),
        **_market(cooperative, mango, clerk, officer, papers["document"]),
        "export_files": canary_files.make_files(),
        "misuse": _misuse(fields["codes"][1], clerk, officer),
    }


def _joining(cooperative, clerk, officer):
    proof = Document.objects.create(
        file="p.pdf", name=SECRETS["uploaded file"], size=1, sha256="2" * 64, uploaded_by=clerk
    )
    Cooperative.objects.filter(pk=cooperative.pk).update(proof=proof)
    cooperative.registration_events.create(
        step="return", new_status="returned", note=SECRETS["reason of a return"], by=officer
    )
    cooperative.invitations.create(
        email=SECRETS["who is invited"], role="clerk", token_digest="3" * 64, invited_by=clerk,
        expires_at=timezone.now() + timedelta(days=3),
    )  # fmt: skip


def _fields(cooperative, household, mango, clerk, officer, scheme, market):
    person = make_person(
        full_name=SECRETS["grower"], phone=SECRETS["grower's phone"], id_number=SECRETS["grower's id number"],
        address=SECRETS["grower's address"],
    )  # fmt: skip
    grower = make_grower(
        cooperative, person=person, number=SECRETS["grower's number"], hamlet=SECRETS["grower's hamlet"]
    )
    alone = make_grower(household, person=make_person(full_name=SECRETS["household's person"]))
    lone = make_plot(household, mango, grower=alone, ref="H1", boundary=FIELDS["household's field"], harvest_months=[3])
    loose = make_plot(cooperative, mango, grower=grower, ref="C1", boundary=FIELDS["field without an area"])
    hidden = make_plot(cooperative, mango, grower=grower, ref="C2", boundary=FIELDS["field of a hidden area"])
    Plot.objects.update(note=SECRETS["note of a plot"])
    for plot in (lone, loose, hidden):
        plot.seasons.create(year=2026, season="year", crop=mango, note=SECRETS["note of a season"], recorded_by=clerk)
        photo = Document.objects.create(
            file="z.jpg", name=SECRETS["uploaded file"], size=1, sha256="1" * 64, uploaded_by=clerk
        )
        plot.photos.create(document=photo, caption=SECRETS["photo of a plot"], created_by=clerk)
    areas = [
        form_area(household, name="Vùng A7", crop=mango, plots=[lone], by=clerk),
        form_area(cooperative, name="Vùng B7", crop=mango, plots=[hidden], by=clerk),
    ]
    asked = casework.draft_request(
        areas[1], scheme=scheme, markets=[market], by=clerk, has_declared=True,
        contact_person=SECRETS["contact of the request"], note=SECRETS["note of the request"],
    )  # fmt: skip
    casework.submit_request(asked, by=clerk)
    codes = [issue_codes(area, scheme, [market], by=officer, issued_on=ANCIENT)[0] for area in areas]
    suspend_code(
        codes[1],
        Act(reason=SECRETS["reason of the office"], document_number="1", effective_on=ANCIENT, public_note="Tạm dừng"),
        by=officer,
    )
    for code in codes:
        casework.record_inspection(
            code, visited_on=ANCIENT, result="minor", report=SECRETS["minutes of a visit"], by=officer,
            position=VISIT_POSITION, accuracy_m=4, purpose="misuse",
            seen=Seen(signer_name=SECRETS["signer of a visit"]),
        )  # fmt: skip
        casework.plan_visit(
            code, planned_on=localdate(), purpose="misuse", note=SECRETS["note of a planned visit"], by=officer
        )
        make_certificate(code)
    trade = _trade(codes[0], household, cooperative, clerk, officer)
    for area in areas:  # sold, so that the areas are public, their outlines not
        make_offer(make_product(area.cooperative, by=clerk, crop=mango, area=area), by=clerk)
    case = OverlapCase.objects.create(first=loose, second=hidden, shared=FIELDS["field of a hidden area"])
    return {
        "plot": loose,
        "area": areas[1],
        "household_area": areas[0],
        "codes": codes,
        "request": asked,
        "case": case,
    } | trade


def _trade(code, household, cooperative, clerk, officer):
    """A packing house that may use the household's code, a lot under it, a list of codes."""
    house = register_packing_house(
        name="Nhà đóng gói", commune=cooperative.commune, operator=cooperative, by=officer,
        contact_name=SECRETS["packing house's person"], phone=SECRETS["packing house's phone"],
    )  # fmt: skip
    packing_code = record_packing_code(house, PackingCodeFacts("VN-XXPH-0001"), by=officer)
    link = ask_link(code, packing_code, by=clerk, note=SECRETS["note of a packing link"])
    lot = Lot.objects.create(
        code=code, packing_code=packing_code, lot_number=SECRETS["lot number"], shipped_on=ANCIENT, weight_kg=7,
        note=SECRETS["note of a lot"], declared_for=cooperative, declared_by=clerk,
    )  # fmt: skip
    document = Document.objects.create(
        file="y.csv", name=SECRETS["uploaded file"], size=1, sha256="1" * 64, uploaded_by=officer
    )
    code_list = CodeList.objects.create(
        kind="old_codes", scheme=code.scheme, unit=cooperative.commune, document=document, decided_on=ANCIENT,
        status="previewed", created_by=officer,
    )  # fmt: skip
    CodeListRow.objects.create(
        code_list=code_list, row=1, code_text="X1", verdict="refused", values={"holder": SECRETS["row of the file"]}
    )
    return {"house": house, "packing_code": packing_code, "link": link, "lot": lot, "code_list": code_list}


def _file_of(asked, clerk, officer, document):
    """A document of the request, and a question to another office whose link is known here."""
    paper = asked.documents.create(document=document, kind="map", title=SECRETS["uploaded file"], added_by=clerk)
    asked.opinions.create(
        office="Phòng Đất đai", email="datdai@canary.test", question="Đúng quy hoạch không?",
        token_digest=digest_of_token(OPINION_TOKEN), due_on=date(2999, 1, 1), asked_by=officer,
    )  # fmt: skip
    return {"paper": paper}


def _conversations(cooperative, mango, clerk):
    make_product(cooperative, by=clerk, crop=mango, name_vi=SECRETS["hidden product"], is_published=False)
    product = make_product(cooperative, by=clerk, crop=mango, name_vi="Xoài công khai")
    offer = make_offer(product, by=clerk)
    enquiry = make_enquiry(
        cooperative, buyer_name=SECRETS["buyer"], contact=SECRETS["buyer's mail"], message=SECRETS["buyer's message"],
        product=product,
    )  # fmt: skip
    make_enquiry(cooperative, buyer_name=SECRETS["buyer"], contact=SECRETS["buyer's phone"])
    products.answer_enquiry(enquiry, text=SECRETS["answer"], by=clerk)
    return {"product": product, "offer": offer, "enquiry": enquiry}


def _market(cooperative, crop, clerk, officer, document):
    """What buyers look for and keep, what a cooperative keeps back, and what officers did with persons."""
    search = SavedSearch.objects.create(user=officer, name=SECRETS["name of a saved search"], query="product=xoai")
    demand, hidden = (
        Demand.objects.create(
            user=officer, buyer_name=SECRETS["buyer of a demand"], crop=crop, months=[3], quantity_t=2,
            message=SECRETS["message of a demand"], expires_on=date(2999, 1, 1), **more,
        )
        for more in (
            {},
            {"status": "hidden", "hidden_reason": SECRETS["reason to hide a demand"], "hidden_at": timezone.now()},
        )
    )  # fmt: skip
    for one in (demand, hidden):
        one.replies.create(cooperative=cooperative, text=SECRETS["answer to a demand"], by=clerk)
    kept = make_certificate_of(cooperative)
    kept.events.create(step="refuse", note=SECRETS["note of a certificate"], by=officer)
    type(kept).objects.filter(pk=kept.pk).update(check_status="refused", checked_by=officer, checked_at=timezone.now())
    photo = ProducerPhoto.objects.create(
        cooperative=cooperative, document=document, small=document, width=9, height=9, is_shown=False,
        caption=SECRETS["caption of a hidden photo"],
    )  # fmt: skip
    template = cooperative.answer_templates.create(
        title=SECRETS["template of answers"], text=SECRETS["template of answers"]
    )
    grower = cooperative.growers.get(number=SECRETS["grower's number"])
    DirectoryExport.objects.create(
        exported_by=officer, purpose=SECRETS["purpose of an export"], suffix="csv", row_count=1,
        growers=[grower.pk], communes=[cooperative.commune_id],
    )  # fmt: skip
    growers.read_number(grower, "phone", purpose=SECRETS["purpose of a look"], by=clerk)
    return {"search": search, "demand": demand, "certificate": kept, "photo": photo, "template": template}


def _market_paths(stage):
    demand, search, kept, photo = (stage[name].pk for name in ("demand", "search", "certificate", "photo"))
    product, slugs = stage["product"].pk, [stage["cooperative"].slug, stage["household"].slug]
    upload = "00000000-0000-4000-8000-000000000000"
    layer = "maps/land-use/layers/<slug:slug>/"
    return {
        "p/<slug:slug>/photos/<int:pk>.jpg": [f"p/{slug}/photos/{photo}.jpg" for slug in slugs],
        "p/<slug:slug>/photos/<int:pk>-640.jpg": [f"p/{slug}/photos/{photo}-640.jpg" for slug in slugs],
        "go/<int:pk>/": ["go/1/"],
        "enquiries/<str:token>/confirm/": [f"enquiries/{stage['enquiry'].pk}/confirm/"],
        "api/v1/enquiries/<str:token>/confirm/": [f"api/v1/enquiries/{stage['enquiry'].pk}/confirm/"],
        "coop/enquiries/templates/<int:pk>/": [f"coop/enquiries/templates/{stage['template'].pk}/"],
        "coop/profile/photos/<int:pk>/": [f"coop/profile/photos/{photo}/"],
        "coop/profile/photos/<int:pk>.jpg": [f"coop/profile/photos/{photo}.jpg"],
        "coop/products/<int:pk>/listings/": [f"coop/products/{product}/listings/"],
        "coop/listings/<int:pk>/remove/": ["coop/listings/1/remove/"],
        **{f"demands/<int:pk>/{word}": [f"demands/{demand}/{word}"] for word in ("",)},
        "coop/demands/<int:pk>/": [f"coop/demands/{demand}/"],
        "desk/demands/<int:pk>/hide/": [f"desk/demands/{demand}/hide/"],
        **{
            f"api/v1/demands/<int:pk>/{word}": [f"api/v1/demands/{pk}/{word}" for pk in (demand, demand + 1)]
            for word in ("", "close/", "repost/", "replies/", "hide/")
        },
        "api/v1/searches/<int:pk>/": [f"api/v1/searches/{search}/"],
        "searches/<int:pk>/": [f"searches/{search}/"],
        "searches/<int:pk>/delete/": [f"searches/{search}/delete/"],
        "searches/stop/<str:token>/": [f"searches/stop/{search}/"],
        **{
            f"coop/certificates/<int:pk>/{word}": [f"coop/certificates/{kept}/{word}"] for word in ("", "file/", "end/")
        },
        **{
            f"desk/certificates/<int:pk>/{word}": [f"desk/certificates/{kept}/{word}"]
            for word in ("", "file/", "check/", "refuse/")
        },
        **{
            f"maps/land-use/layers/uploads/<uuid:pk>/{word}": [f"maps/land-use/layers/uploads/{upload}/{word}"]
            for word in ("", "answer/", "store/")
        },
        **{f"{layer}{word}": [f"maps/land-use/layers/hien-trang/{word}"] for word in ("", "publish/")},
        "maps/land-use/parcels/<int:pk>/": ["maps/land-use/parcels/1/"],
        "maps/land-use/documents/<slug:slug>.pdf": ["maps/land-use/documents/hien-trang.pdf"],
        "tiles/archive/<slug:basemap_id>.pmtiles": ["tiles/archive/nen.pmtiles"],
    }


def _papers(cooperative, clerk):
    document = Document.objects.create(
        file="x.csv", name=SECRETS["uploaded file"], size=1, sha256="0" * 64, uploaded_by=clerk
    )
    job = Job.objects.create(kind="farms.read_import", created_by=clerk, result={"name": SECRETS["row of the file"]})
    plot_import = PlotImport.objects.create(
        cooperative=cooperative, document=document, job=job, status="previewed", created_by=clerk
    )
    PlotImportRow.objects.create(
        plot_import=plot_import, row=1, verdict="red", attributes={"chu_ho": SECRETS["row of the file"]},
        boundary=FIELDS["field without an area"],
    )  # fmt: skip
    return {"document": document, "job": job, "import": plot_import}


def _list_of_members(cooperative, clerk):
    """A list that was read and waits, and one of the same people that was stored, with their consents."""
    for name in ("file of a list", "member of a list"):
        cells = row(
            name=SECRETS["member of a list"], phone=SECRETS["phone in a list"], id=SECRETS["id number in a list"],
            hamlet=SECRETS["hamlet in a list"], outline="x", evidence=SECRETS["evidence of a consent"],
        )  # fmt: skip
        file = xlsx_list(
            [cells, row(hamlet=SECRETS["hamlet in a list"], number=name[:3])], name=SECRETS["file of a list"]
        )
        found = start_grower_import(cooperative, file, by=clerk)
        run_job(found.job_id)
        if name == "file of a list":
            run_job(commit_grower_import(found, by=clerk).pk)
    return found


def _misuse(code, clerk, officer):
    """A report that says who wrote it, heard, verified and published: only the decision is public."""
    case = misuse.report_misuse(
        code_text=code.code, description=f"Tôi là {SECRETS['reporter of a misuse']}", has_consented=True,
        contact=SECRETS["contact of the reporter"], shipment=SECRETS["reporter of a misuse"],
    )  # fmt: skip
    case.evidence.add(Document.objects.create(file="y.jpg", name=SECRETS["uploaded file"], size=1, sha256="1" * 64))
    misuse.ask_for_reply(case, claim="Hàng lạ mang mã số.", by=officer)
    misuse.reply_to_misuse(case, text=SECRETS["reply of the holder"], by=clerk)
    misuse.verify_misuse(case, note=SECRETS["reason of the office"], by=officer)
    return misuse.publish_misuse(
        case, decision_number="12/QĐ-X", decided_on=ANCIENT, public_text="Mã số bị dùng sai.", by=officer
    )


def _misuse_paths(case):
    return {
        "desk/routing/<int:pk>/end/": ["desk/routing/1/end/"],
        "desk/misuse/new/<int:pk>/": [f"desk/misuse/new/{case.code_id}/"],
        "desk/misuse/<int:pk>/": [f"desk/misuse/{case.pk}/"],
        "desk/misuse/<int:pk>/steps/<slug:step>/": [f"desk/misuse/{case.pk}/steps/close/"],
        "desk/misuse/<int:pk>/contact/": [f"desk/misuse/{case.pk}/contact/"],
        "desk/misuse/<int:pk>/evidence/<uuid:document>/": [f"desk/misuse/{case.pk}/evidence/{case.evidence.get().pk}/"],
        "coop/misuse/<int:pk>/": [f"coop/misuse/{case.pk}/"],
        "reports/<slug:receipt>/": [f"reports/{case.receipt}/"],  # state and dates only
    }


def _member_paths(grower, grower_import):
    words = ("", "consent/", "consent/code/", "edit/", "leave/", "erase/", "number/", "data/")
    steps = ("", "columns/", "rows/", "cancel/", "left.csv", "left.xlsx")
    return {
        "directory/<int:pk>/": [f"directory/{grower}/"],
        "directory/<int:pk>/phone/": [f"directory/{grower}/phone/"],
        **{f"coop/growers/<int:pk>/{word}": [f"coop/growers/{grower}/{word}"] for word in words},
        "coop/growers/<int:pk>/consent/<int:consent>/photo/": [f"coop/growers/{grower}/consent/1/photo/"],
        **{f"coop/growers/import/<uuid:pk>/{step}": [f"coop/growers/import/{grower_import}/{step}"] for step in steps},
        **{
            f"api/v1/growers/imports/<uuid:pk>/{step}": [f"api/v1/growers/imports/{grower_import}/{step}"]
            for step in ("", "commit/")
        },
    }


def _ogc_tile_paths():
    """The tiles by the OGC's addresses: the row comes before the column."""
    folders = [f"ogc/collections/{layer.name}/tiles" for layer in MAP_LAYERS]
    tiles = [
        f"WebMercatorQuad/{z}/{y}/{x}"
        for shape in FIELDS.values()
        for z, x, y in (tile_at(level, *middle_of(shape).coords) for level in (10, 16))
    ]
    place = "/(?P<z>[0-9]{1,2})/(?P<y>[0-9]{1,8})/(?P<x>[0-9]{1,8})$"
    return {
        "ogc/collections/<slug:name>/tiles": folders,
        "ogc/collections/<slug:name>/tiles/WebMercatorQuad": [
            f"{folder}/WebMercatorQuad{query}" for folder in folders for query in ("", "?f=tilejson")
        ],
        f"ogc/^collections/(?P<name>[a-z-]{{1,40}})/tiles/WebMercatorQuad{place}": [
            f"{folder}/{tile}" for folder in folders for tile in tiles
        ],
    }


def _ogc_paths(unit, area):
    """Features of every layer of the catalogue, those of what is hidden among them."""
    names = [entry.layer.name for entry in CATALOGUE]
    own = "ogc/collections/<str:name>"
    queries = ("", "?f=html", "?limit=10000&filter=TRUE", f"?crs={CRSS_OF_VN2000}")
    return {
        own: [f"ogc/collections/{name}" for name in names],
        f"{own}/queryables": [f"ogc/collections/{name}/queryables" for name in names],
        f"{own}/schema": [f"ogc/collections/{name}/schema" for name in names],
        f"{own}/items": [f"ogc/collections/{name}/items{query}" for name in names for query in queries],
        f"{own}/items/<str:key>": [
            f"ogc/collections/units/items/{unit.pk}",
            f"ogc/collections/areas/items/{area.pk}",
            *(f"ogc/collections/{name}/items/{key}" for name in ("plots", "cooperatives") for key in range(1, 8)),
        ],
    }


def sample_paths(stage):
    """Return, for each route with arguments, the addresses to read: those of what is hidden above all."""
    plot, area, asked = stage["plot"], stage["area"], stage["request"]
    unit, enquiry, product, offer = area.commune, stage["enquiry"], stage["product"], stage["offer"]
    slugs = [stage["cooperative"].slug, stage["household"].slug]
    tiles = [
        f"tiles/{layer.name}/{z}/{x}/{y}.mvt"
        for layer in MAP_LAYERS
        for shape in FIELDS.values()
        for z, x, y in (tile_at(level, *middle_of(shape).coords) for level in (0, 8, 10, 12, 14, 16))
    ]
    names = [layer.name for layer in MAP_LAYERS]
    steps = (
        "submit",
        "take-up",
        "schedule-inspection",
        "inspections",
        "return",
        "resubmit",
        "approve",
        "reject",
        "withdraw",
    )
    exports = (
        "products", "products-by-commune", "offers", "areas", "codes", "cooperatives", "land-use", "planning-zones",
        "units", "plots", "requests",
    )  # fmt: skip
    visit = Inspection.objects.first().pk
    return {
        **_misuse_paths(stage["misuse"]),
        **_market_paths(stage),
        "desk/inspections/<int:pk>/": [f"desk/inspections/{visit}/"],
        "desk/inspections/<int:pk>/minutes/": [f"desk/inspections/{visit}/minutes/"],
        "desk/inspections/<int:pk>/photos/<int:number>/": [f"desk/inspections/{visit}/photos/0/"],
        "desk/inspections/visits/<int:pk>/cancel/": [f"desk/inspections/visits/{visit}/cancel/"],
        "api/v1/inspections/<uuid:client_id>/photos/": [
            f"api/v1/inspections/{Inspection.objects.get(pk=visit).client_id}/photos/"
        ],
        "problems/<slug:code>": ["problems/not_found"],
        "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": ["accounts/confirm-email/abc/"],
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": ["accounts/password/reset/key/1-abc/"],
        "api/v1/jobs/<uuid:pk>/": [f"api/v1/jobs/{stage['job'].pk}/"],
        "api/v1/units/<int:key>/": [f"api/v1/units/{unit.pk}/"],
        "api/v1/land-use/<key>/": ["api/v1/land-use/1/"],
        "api/v1/land-use-layers/<key>/": ["api/v1/land-use-layers/hien-trang/"],
        "api/v1/planning-zones/<int:key>/": ["api/v1/planning-zones/1/"],
        "api/v1/products-by-commune/<str:key>/": [f"api/v1/products-by-commune/{unit.code}/"],
        "api/v1/cooperatives/<key>/": [
            f"api/v1/cooperatives/{one.pk}/" for one in (stage["cooperative"], stage["household"])
        ],
        "api/v1/plots/<key>/": [f"api/v1/plots/{pk}/" for pk in Plot.objects.values_list("pk", flat=True)]
        + [f"api/v1/plots/{plot.ref}/"],
        "api/v1/imports/<uuid:pk>/": [f"api/v1/imports/{stage['import'].pk}/"],
        "api/v1/imports/<uuid:pk>/commit/": [f"api/v1/imports/{stage['import'].pk}/commit/"],
        "api/v1/imports/<uuid:pk>/undo/": [f"api/v1/imports/{stage['import'].pk}/undo/"],
        "api/v1/areas/<int:key>/": [
            f"api/v1/areas/{pk}/" for pk in ProductionArea.objects.values_list("pk", flat=True)
        ],
        "api/v1/codes/<str:key>/": [f"api/v1/codes/{code.code}/" for code in ProductionAreaCode.objects.all()],
        "api/v1/requests/<int:key>/": [f"api/v1/requests/{asked.pk}/"],
        **{f"api/v1/requests/<int:key>/{step}/": [f"api/v1/requests/{asked.pk}/{step}/"] for step in steps},
        "api/v1/products/<int:key>/": [f"api/v1/products/{pk}/" for pk in range(product.pk - 5, product.pk + 1)],
        "api/v1/offers/<int:key>/": [f"api/v1/offers/{pk}/" for pk in range(offer.pk - 5, offer.pk + 1)],
        "api/v1/enquiries/<int:pk>/": [f"api/v1/enquiries/{enquiry.pk}/"],
        "api/v1/enquiries/<int:pk>/answer/": [f"api/v1/enquiries/{enquiry.pk}/answer/"],
        # The token is the key to one's own conversation; a wrong one opens nothing.
        "api/v1/enquiries/by-token/<str:token>/": [f"api/v1/enquiries/by-token/{enquiry.pk}/"],
        "enquiries/<str:token>/": [f"enquiries/{enquiry.pk}/"],
        "^tiles/(?P<name>[a-z-]{1,40})/(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,8})/(?P<y>[0-9]{1,8})\\.mvt$": tiles,
        "^tiles/(?P<name>[a-z-]{1,40})\\.json$": [f"tiles/{name}.json" for name in names],
        "data/^analysis\\.(?P<suffix>csv|xlsx|geojson)$": [
            f"data/analysis.{suffix}?measure={measure.name}" for suffix in ("csv", "geojson") for measure in MEASURES
        ],
        **_ogc_tile_paths(),
        **_ogc_paths(unit, area),
        "p/<slug:slug>/": [f"p/{slug}/" for slug in slugs],
        "enquiries/new/<slug:slug>/": [f"enquiries/new/{slug}/" for slug in slugs],
        "coop/enquiries/<int:pk>/": [f"coop/enquiries/{enquiry.pk}/"],
        "coop/products/<int:pk>/": [f"coop/products/{product.pk}/"],
        "coop/products/<int:pk>/publish/": [f"coop/products/{product.pk}/publish/"],
        "coop/offers/<int:pk>/end/": [f"coop/offers/{offer.pk}/end/"],
        "v/<path:code>/": [f"v/{one.code}/" for one in stage["codes"]]
        + [f"v/{make_seal(one.code, 1)}/" for one in stage["codes"]],
        "api/v1/codes/<str:key>/check/": [f"api/v1/codes/{one.code}/check/" for one in stage["codes"]],
        **{
            f"codes/<str:code>/certificate/{rest}": [
                f"codes/{one.code}/certificate/{rest.replace('<int:version>', '1')}" for one in stage["codes"]
            ]
            for rest in ("", "make/", "<int:version>.pdf", "<int:version>/signed/")
        },
        "^codes/(?P<code>[A-Z0-9-]{2,60})/plate\\.(?P<suffix>svg|pdf)$": [
            f"codes/{one.code}/plate.{suffix}" for one in stage["codes"] for suffix in ("svg", "pdf")
        ],
        "v/<path:code>": [f"v/{one.code}" for one in stage["codes"]] + ["v/VN-XXOR-0009"],
        **_member_paths(plot.grower_id, stage["grower_import"].pk),
        **{f"coop/join/<slug:slug>/{word}": [f"coop/join/{slug}/{word}" for slug in slugs] for word in JOINING},
        "coop/people/<int:pk>/role/": ["coop/people/1/role/"],
        "coop/people/<int:pk>/remove/": ["coop/people/1/remove/"],
        "coop/people/invitations/<int:pk>/resend/": ["coop/people/invitations/1/resend/"],
        "coop/people/invitations/<int:pk>/cancel/": ["coop/people/invitations/1/cancel/"],
        "invitations/<str:token>/": ["invitations/canary-token-of-nobody/"],
        "desk/cooperatives/<int:pk>/": [f"desk/cooperatives/{stage['household'].pk}/"],
        **{f"coop/plots/<int:pk>/{word}/": [f"coop/plots/{plot.pk}/{word}/"] for word in ("history", "seasons")},
        **{f"coop/plots/<int:pk>/{word}/": [f"coop/plots/{plot.pk}/{word}/"] for word in ("boundary", "split")},
        "api/v1/plots/<int:pk>/split/": [f"api/v1/plots/{plot.pk}/split/"],
        "coop/plots/<int:pk>/seasons/<int:season>/": [f"coop/plots/{plot.pk}/seasons/1/"],
        "coop/plots/<int:pk>/seasons/<int:season>/remove/": [f"coop/plots/{plot.pk}/seasons/1/remove/"],
        **{f"api/v1/plots/<int:key>/{word}/": [f"api/v1/plots/{plot.pk}/{word}/"] for word in ("versions", "seasons")},
        "api/v1/plots/<int:key>/seasons/<int:pk>/": [f"api/v1/plots/{plot.pk}/seasons/1/"],
        "desk/cooperatives/<int:pk>/proof/": [f"desk/cooperatives/{stage['household'].pk}/proof/"],
        "desk/cooperatives/<int:pk>/verify/": [f"desk/cooperatives/{stage['household'].pk}/verify/"],
        "desk/cooperatives/<int:pk>/return/": [f"desk/cooperatives/{stage['household'].pk}/return/"],
        "coop/areas/<int:pk>/": [f"coop/areas/{pk}/" for pk in ProductionArea.objects.values_list("pk", flat=True)],
        "coop/areas/<int:pk>/change/": [f"coop/areas/{area.pk}/change/"],
        "coop/areas/<int:pk>/redraw/": [f"coop/areas/{area.pk}/redraw/"],
        "desk/codes/<int:pk>/": [f"desk/codes/{one.pk}/" for one in stage["codes"]],
        "desk/codes/<int:pk>/supersede/": [f"desk/codes/{one.pk}/supersede/" for one in stage["codes"]],
        "desk/codes/<int:pk>/area/": [f"desk/codes/{one.pk}/area/" for one in stage["codes"]],
        "desk/codes/<int:pk>/ledger/": [f"desk/codes/{one.pk}/ledger/" for one in stage["codes"]],
        **{
            f"desk/codes/lists/<uuid:pk>/{word}": [f"desk/codes/lists/{stage['code_list'].pk}/{word}"]
            for word in ("", "columns/", "commit/", "cancel/", "left.csv")
        },
        "desk/packing/<int:pk>/": [f"desk/packing/{stage['house'].pk}/"],
        "desk/packing/codes/<int:pk>/<slug:step>/": [f"desk/packing/codes/{stage['packing_code'].pk}/suspend/"],
        "coop/packing/links/<int:pk>/<slug:step>/": [f"coop/packing/links/{stage['link'].pk}/end/"],
        **{f"coop/lots/<int:pk>/{word}/": [f"coop/lots/{stage['lot'].pk}/{word}/"] for word in ("answer", "cancel")},
        **{
            f"api/v1/lots/<int:pk>/{word}/": [f"api/v1/lots/{stage['lot'].pk}/{word}/"] for word in ("answer", "cancel")
        },
        "api/v1/codes/<str:key>/ledger/": [f"api/v1/codes/{one.code}/ledger/" for one in stage["codes"]],
        **{
            f"api/v1/codes/<str:key>/{step}/": [f"api/v1/codes/{one.code}/{step}/" for one in stage["codes"]]
            for step in CODE_TRANSITIONS
        },
        "api/v1/codes/<str:key>/markets/<slug:market>/": [
            f"api/v1/codes/{one.code}/markets/CHN/" for one in stage["codes"]
        ],
        "desk/codes/<int:pk>/steps/<slug:step>/": [f"desk/codes/{stage['codes'][0].pk}/steps/suspend/"],
        "desk/codes/<int:pk>/markets/<slug:market>/": [f"desk/codes/{stage['codes'][0].pk}/markets/CHN/"],
        "coop/requests/<int:pk>/": [f"coop/requests/{asked.pk}/"],
        "coop/requests/<int:pk>/change/": [f"coop/requests/{asked.pk}/change/"],
        "requests/<int:pk>/steps/<slug:step>/": [f"requests/{asked.pk}/steps/take_up/"],
        "desk/codes/<int:pk>/history/": [f"desk/codes/{one.pk}/history/" for one in stage["codes"]],
        "desk/codes/<int:pk>/history.csv": [f"desk/codes/{one.pk}/history.csv" for one in stage["codes"]],
        "desk/<int:pk>/": [f"desk/{asked.pk}/"],
        "requests/<int:pk>/documents/": [f"requests/{asked.pk}/documents/"],
        "requests/<int:pk>/documents/<int:document>/": [f"requests/{asked.pk}/documents/{stage['paper'].pk}/"],
        "requests/<int:pk>/documents/<int:document>/remove/": [
            f"requests/{asked.pk}/documents/{stage['paper'].pk}/remove/"
        ],
        "desk/<int:pk>/opinions/": [f"desk/{asked.pk}/opinions/"],
        "desk/<int:pk>/opinions/<int:opinion>/<slug:act>/": [f"desk/{asked.pk}/opinions/1/revoke/"],
        # The token is the key to the request, with its outline: see the test of its own below.
        "opinions/<slug:token>/": ["opinions/AAAAAAAAAAAAAAAAAAAAAA/"],
        **{
            f"api/v1/requests/<int:key>/{word}/": [f"api/v1/requests/{asked.pk}/{word}/"]
            for word in ("documents", "versions", "differences", "opinions")
        },
        "api/v1/requests/<int:key>/documents/<int:pk>/": [f"api/v1/requests/{asked.pk}/documents/{stage['paper'].pk}/"],
        "api/v1/requests/<int:key>/documents/<int:pk>/file/": [
            f"api/v1/requests/{asked.pk}/documents/{stage['paper'].pk}/file/"
        ],
        "api/v1/requests/<int:key>/opinions/<int:pk>/": [f"api/v1/requests/{asked.pk}/opinions/1/"],
        "receipts/<slug:receipt>/": [f"receipts/{asked.receipt}/"],  # state and dates, nothing of persons
        "coop/plots/<int:pk>/": [f"coop/plots/{pk}/" for pk in Plot.objects.values_list("pk", flat=True)],
        "coop/plots/<int:pk>/photos/<int:number>/": [f"coop/plots/{plot.pk}/photos/1/"],
        "api/v1/captures/<uuid:capture_id>/photos/": ["api/v1/captures/00000000-0000-4000-8000-000000000000/photos/"],
        "coop/plots/<int:pk>/edit/": [f"coop/plots/{plot.pk}/edit/"],
        "coop/plots/<int:pk>/archive/": [f"coop/plots/{plot.pk}/archive/"],
        "coop/imports/<uuid:pk>/": [f"coop/imports/{stage['import'].pk}/"],
        **{
            f"coop/imports/<uuid:pk>/{word}/": [f"coop/imports/{stage['import'].pk}/{word}/"]
            for word in ("answer", "columns", "reading", "file", "undo", "commit", "cancel")
        },
        "^coop/imports/(?P<pk>[0-9a-f-]{36})/refused\\.(?P<suffix>xlsx|csv|geojson|gpkg)$": [
            f"coop/imports/{stage['import'].pk}/refused.{suffix}" for suffix in ("xlsx", "csv", "geojson", "gpkg")
        ],
        "desk/overlaps/<int:pk>/": [f"desk/overlaps/{stage['case'].pk}/"],
        **{
            f"api/v1/overlaps/<int:pk>/{word}": [f"api/v1/overlaps/{stage['case'].pk}/{word}"]
            for word in ("", "decision/")
        },
        "desk/alerts/<int:pk>/dismiss/": ["desk/alerts/1/dismiss/"],
        "desk/<int:pk>/overrides/": [f"desk/{asked.pk}/overrides/"],
        "coop/overlaps/<int:pk>/decide/": [f"coop/overlaps/{stage['case'].pk}/decide/"],
        "data/<slug:name>/": [f"data/{name}/" for name in exports],
        "data/<slug:name>/access/": [f"data/{name}/access/" for name in exports],
        "data/<slug:name>.geojson": [f"data/{name}.geojson" for name in exports],
        "data/<slug:name>.<slug:suffix>": [
            f"data/{name}.{suffix}" for name in exports for suffix in ("csv", "geojsonl", "kml", "gpkg")
        ],
        "data/<slug:name>.csv-metadata.json": [f"data/{name}.csv-metadata.json" for name in exports],
        **canary_files.paths(stage["export_files"]),
        "notices/<int:pk>/": ["notices/1/", "notices/2/"],
        "notices/<int:pk>/read/": ["notices/1/read/"],
    }


def paths(stage):
    samples, found = sample_paths(stage), []
    for route in all_routes():
        if not route.has_arguments:
            found.append("/" + route.pattern)
        elif route.pattern in samples:
            found += ["/" + path for path in samples[route.pattern]]
        else:
            pytest.fail(f"a new route: add sample addresses for {route.pattern!r} to sample_paths")
    listed = ["/admin/", "/robots.txt", f"/coop/products/?cooperative={stage['cooperative'].slug}"]
    searched = [
        f"/api/v1/{name}/?q={word}"
        for name in ("cooperatives", "products", "areas", "codes")
        for word in ("Fwồm", "Quyzzên")
    ]
    public = ("/embed/?q={}", "/?q={}", "/?producer={}", "/maps/seasons/?q={}", "/api/v1/facets/?q={}",
              "/api/v1/suggest/?q={}", "/api/v1/seasons/?q={}", "/maps/seasons/table.csv?q={}")  # fmt: skip
    searched += [address.format(word) for address in public for word in ("Fwồm", "Quyzzên", "xoai")]
    return found + listed + searched


def text_of(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    raw = body.decode("utf-8", "replace")
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), raw)
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    return f"{plain}\n{unquote(headers)}"


def joined(text):
    """Letters and digits only: a slug, a title and a sentence compare equal."""
    return re.sub(r"[^a-z0-9]+", "", fold(text))


def leaks_in(text):
    letters = joined(text)
    for name, secret in SECRETS.items():
        if joined(secret) in letters or escape(secret) in text:
            yield name
    for name, shape in FIELDS.items():
        if any(cut(x) in text and cut(y) in text for x, y in shape[0][0].coords):
            yield name
    if cut(HOUSEHOLD_SEAT.x) in text and cut(HOUSEHOLD_SEAT.y) in text:
        yield "household's seat"
    if cut(VISIT_POSITION.x) in text and cut(VISIT_POSITION.y) in text:
        yield "position of a visit"


def cut(degrees):
    """The coordinate as it stands in any text, to ten metres."""
    return str(degrees)[: str(degrees).index(".") + 5]


def crawl(client, stage):
    """Return (what leaked where, status by address)."""
    leaks, statuses = [], {}
    for path in paths(stage):
        response = client.get(path)
        statuses[path] = response.status_code
        leaks += [(name, path) for name in leaks_in(text_of(response))]
    return leaks, statuses


def test_the_reader_of_leaks_sees_them():
    """The test below is worth nothing if its eyes are shut."""
    shown = json.dumps({"holder": SECRETS["household"]})  # escaped to ASCII

    assert set(leaks_in(text_of_json(shown))) == {"household", "household in short"}
    assert set(leaks_in("/p/le-thi-quyzzen-vaxlo/")) == {"grower"}
    assert set(leaks_in("<b>" + escape("000 391 7264") + "</b>")) == {"grower's phone"}
    assert set(leaks_in(FIELDS["household's field"].geojson)) == {"household's field"}


def text_of_json(text):
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def test_nobody_reads_a_person_without_signing_in(client, stage):
    leaks, statuses = crawl(client, stage)

    assert leaks == []
    assert max(statuses.values()) < 500, {path: status for path, status in statuses.items() if status >= 500}
    open_pages = {
        "/", "/maps/land-use/", "/maps/layers.json", "/data/", "/v/", f"/p/{stage['cooperative'].slug}/",
        f"/v/{stage['codes'][0].code}/", f"/api/v1/areas/{stage['household_area'].pk}/", "/api/schema/",
        "/data/areas.geojson", "/data/codes.geojson", "/data/products.geojson", "/maps/take-away/products.html",
        f"/receipts/{stage['request'].receipt}/",
    }  # fmt: skip
    assert {path: statuses[path] for path in open_pages} == dict.fromkeys(open_pages, 200)
    closed = [
        f"/p/{stage['household'].slug}/", "/data/plots.geojson", f"/api/v1/cooperatives/{stage['household'].pk}/",
    ]  # fmt: skip
    assert {statuses[path] for path in closed} == {404}


def test_the_link_of_an_opinion_shows_the_ground_and_names_no_person(client, stage):
    page = client.get(f"/opinions/{OPINION_TOKEN}/")

    assert page.status_code == 200
    assert list(leaks_in(text_of(page))) == ["field of a hidden area"]


def test_nothing_of_a_list_stands_in_logs_jobs_and_notices(stage, cooperative, clerk, caplog):
    """What a list of members brought is in the encrypted rows and in the members' own records, nowhere else."""
    caplog.set_level(0)
    caplog.clear()
    _list_again = xlsx_list([row(name=SECRETS["member of a list"], phone=SECRETS["phone in a list"], number="1")])
    run_job(start_grower_import(cooperative, _list_again, by=clerk).job_id)

    jobs = [
        [job.payload, job.result, job.step, job.error] for job in Job.objects.filter(kind__startswith="cooperatives")
    ]
    news = [
        [notice.text, notice.text_en, notice.url] for notice in Notice.objects.filter(kind__startswith="cooperatives")
    ]
    sent = [message.payload for message in OutboxMessage.objects.all()]
    errors = list(Message.objects.values_list("error", flat=True))
    kept = [stage["grower_import"].summary, stage["grower_import"].columns]

    told = json.dumps([jobs, news, sent, errors, kept], ensure_ascii=False) + caplog.text
    assert jobs
    assert news
    listed = {name for name in SECRETS if "list" in name or name == "evidence of a consent"}
    assert listed & set(leaks_in(told)) == set()
    assert b"Qj" not in bytes(stage["grower_import"].rows_encrypted)


@pytest.mark.parametrize("person", ["outsider", "neighbour_clerk", "foreign_officer"])
def test_strangers_who_sign_in_read_no_more(request, person, client, stage):
    client.force_login(request.getfixturevalue(person))

    leaks, statuses = crawl(client, stage)

    assert leaks == []
    assert max(statuses.values()) < 500, {path: status for path, status in statuses.items() if status >= 500}


def corners_shown(client, shape):
    """Return (layer, zoom) of every tile around `shape` with a vertex within three metres of one of its corners."""
    found = set()
    for layer in MAP_LAYERS:
        for z, x, y in (tile_at(level, *middle_of(shape).coords) for level in (14, 16)):
            response = client.get(f"/tiles/{layer.name}/{z}/{x}/{y}.mvt")
            if response.status_code == 200 and any(_is_corner(place, shape) for place in _places(response, z, x, y)):
                found.add((layer.name, z))
    return found


def _places(response, z, x, y):
    """Yield lon, lat of all vertices in a tile (extent 4096, counted upwards by the decoder)."""
    side = 1 << z
    for features in decode(response.content).values():
        for feature in features:
            numbers = re.findall(r"-?\d+", json.dumps(feature["geometry"]["coordinates"]))
            for east, up in zip(numbers[::2], numbers[1::2], strict=True):
                lat = atan(sinh(pi * (1 - 2 * (y + 1 - int(up) / 4096) / side)))
                yield (x + int(east) / 4096) / side * 360 - 180, degrees(lat)


def _is_corner(place, shape):
    return any(abs(place[0] - lon) < 3e-5 and abs(place[1] - lat) < 3e-5 for lon, lat in shape[0][0].coords)


def test_tiles_show_hidden_outlines_to_nobody(client, stage, planner, neighbour_clerk, outsider):
    for user in (None, outsider, neighbour_clerk):
        if user is not None:
            client.force_login(user)

        shown = {name: corners_shown(client, shape) for name, shape in FIELDS.items()}

        assert not any(shown.values()), (user, shown)
    client.force_login(planner)  # the eyes are open: whoever may see plots sees these

    assert ("plots", 16) in corners_shown(client, FIELDS["household's field"])
