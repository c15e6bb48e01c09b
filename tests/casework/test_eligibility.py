"""One rule, one finding, one test."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from casework import eligibility, sql
from casework.eligibility import land, load_facts, neighbours, papers, plots, scheme
from casework.models import CodeRequest
from codes import services as code_services
from codes.models import RequiredDocument, RuleKind
from cooperatives.models import Certificate
from farms.models import OverlapCase, Plot, PlotStatus
from landuse.models import LayerKind
from office.models import Document
from people.models import Consent, Purpose
from tests.factories.codes import make_rule, make_scheme
from tests.factories.landuse import make_parcel
from tests.shapes import degrees_for, rectangle, square, square_east_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 2)


@pytest.fixture
def question(area, old_scheme, china):
    return eligibility.Question(area, old_scheme, (china,), TODAY)


def give_consent(person, *, purpose=Purpose.DIRECTORY, withdrawn=False):
    now = timezone.now()
    return Consent.objects.create(
        person=person, purpose=purpose, text_version="1", channel="paper", evidence="Phiếu 1", given_at=now,
        withdrawn_at=now if withdrawn else None, fields=["name"] if purpose == Purpose.DIRECTORY else [],
    )  # fmt: skip


def attach(code_request, kind, by, *, season="", plots=()):
    """Put a small file of a kind into the request."""
    document = Document.objects.create(
        file=ContentFile(b"x", name="x.pdf"), name="x.pdf", size=1, sha256="0" * 64, uploaded_by=by
    )
    row = code_request.documents.create(document=document, kind=kind, season=season, added_by=by)
    row.plots.set(plots)
    return row


def only(check, question):
    (finding,) = check(load_facts(question))
    return finding


@pytest.mark.parametrize(
    ("ha", "severity", "verdict"), [(3.5, "warn", "warn"), (3.5, "fail", "fail"), (2.5, "fail", "pass")]
)
def test_minimum_area(question, ha, severity, verdict):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=ha, severity=severity)

    finding = only(scheme.check_minimum_area, question)

    assert finding.verdict == verdict
    assert finding.legal_ref == "Quy tắc thử"
    assert finding.measured.startswith("3")


@pytest.mark.parametrize(("ha", "verdict"), [(2.5, "warn"), (3.5, "pass")])
def test_maximum_area(question, ha, verdict):
    make_rule(question.scheme, kind=RuleKind.MAXIMUM_AREA, threshold=ha)

    assert only(scheme.check_maximum_area, question).verdict == verdict


@pytest.mark.parametrize(("growers", "verdict"), [(4, "fail"), (3, "pass")])
def test_minimum_growers(question, growers, verdict):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_GROWERS, threshold=growers, severity="fail")

    assert only(scheme.check_minimum_growers, question).verdict == verdict


def test_the_rule_made_for_market_and_crop_wins(question, china, usa, mango, longan):
    common = {"kind": RuleKind.MINIMUM_AREA, "severity": "fail"}
    make_rule(question.scheme, threshold=100, **common)
    make_rule(question.scheme, threshold=1, market=china, crop=mango, **common)
    make_rule(question.scheme, threshold=100, market=usa, **common)
    make_rule(question.scheme, threshold=100, market=china, crop=longan, **common)

    assert only(scheme.check_minimum_area, question).verdict == "pass"


@pytest.mark.parametrize(
    "dates", [{"valid_from": dt.date(2026, 11, 3)}, {"valid_to": TODAY}], ids=["not yet in force", "over since today"]
)
def test_rules_hold_on_their_days_only(question, dates):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=100, **dates)

    assert list(scheme.check_minimum_area(load_facts(question))) == []


@pytest.mark.parametrize("status", [PlotStatus.IN_CONFLICT, PlotStatus.ARCHIVED])
def test_plots_in_good_standing(question, status):
    plot = question.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(status=status)

    finding = only(plots.check_plots_in_good_standing, question)

    assert (finding.verdict, [one.ref for one in finding.plots]) == ("fail", [plot.ref])


def test_one_crop(question, longan):
    Plot.objects.filter(pk=question.area.plots.first().pk).update(crop=longan)

    assert only(plots.check_one_crop, question).verdict == "fail"


def test_one_variety(question, cat_chu, variety_factory, mango):
    first, second, _third = question.area.plots.all()
    Plot.objects.filter(pk=first.pk).update(variety=cat_chu)
    assert only(plots.check_one_variety, question).verdict == "pass"

    Plot.objects.filter(pk=second.pk).update(variety=variety_factory(mango))
    assert only(plots.check_one_variety, question).verdict == "warn"


def test_growers_known(question):
    plot = question.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(grower=None)

    finding = only(plots.check_growers_known, question)

    assert (finding.verdict, finding.plots[0].ref) == ("warn", plot.ref)


def test_ground_matches_plots(question):
    assert only(plots.check_ground_matches_plots, question).verdict == "pass"

    plot = question.area.plots.order_by("pk").last()
    Plot.objects.filter(pk=plot.pk).update(boundary=square_east_of(plot.boundary, gap_m=-90))

    assert only(plots.check_ground_matches_plots, question).verdict == "fail"


@pytest.mark.parametrize(("overlap_m", "verdict"), [(20, "fail"), (0.2, "pass"), (0, "pass")])
def test_neighbours_plots(question, neighbour, plot_factory, overlap_m, verdict):
    last = question.area.plots.order_by("pk").last()
    plot_factory(cooperative=neighbour, ref="LG-1", boundary=square_east_of(last.boundary, gap_m=-overlap_m))

    finding = only(neighbours.check_neighbours_plots, question)

    assert finding.verdict == verdict
    assert all(plot.ref == "" for plot in finding.plots)  # the neighbour's numbers are not the asker's to know


def test_a_neighbours_later_drawing_only_warns(question, neighbour, plot_factory):
    last = question.area.plots.order_by("pk").last()
    plot_factory(
        cooperative=neighbour, status=PlotStatus.IN_CONFLICT, boundary=square_east_of(last.boundary, gap_m=-60)
    )

    assert only(neighbours.check_neighbours_plots, question).verdict == "warn"


def test_an_accepted_overlap_only_warns(question, neighbour, plot_factory, officer):
    last = question.area.plots.order_by("pk").last()
    other = plot_factory(cooperative=neighbour, boundary=square_east_of(last.boundary, gap_m=-20))
    OverlapCase.objects.create(
        first=last, second=other, shared=last.boundary, status="decided", decision="accepted",
        decided_at="2026-01-01T00:00Z", decided_by=officer,
    )  # fmt: skip

    assert only(neighbours.check_neighbours_plots, question).verdict == "warn"


def test_what_fails_is_never_cut_off_behind_what_warns(question, neighbour, plot_factory, monkeypatch):
    monkeypatch.setattr("casework.eligibility.facts.MAX_SHOWN_PLOTS", 1)
    last = question.area.plots.order_by("pk").last()
    beside = square_east_of(last.boundary, gap_m=-20)
    plot_factory(cooperative=neighbour, status=PlotStatus.IN_CONFLICT, boundary=beside)
    active = plot_factory(cooperative=neighbour, boundary=beside)
    Plot.objects.filter(pk=last.pk).update(parcel_code="w3g5jrk65gg1")
    plot_factory(cooperative=neighbour, status=PlotStatus.IN_CONFLICT, boundary=question.area.plots.first().boundary)
    plot_factory(cooperative=neighbour, boundary=square(105.70, 10.45), parcel_code="w3g5jrk65gg1")

    overlap = only(neighbours.check_neighbours_plots, question)

    assert (overlap.verdict, [one.id for one in overlap.plots]) == ("fail", [active.pk])
    assert only(plots.check_duplicate_parcel, question).verdict == "fail"


def test_neighbours_areas_are_named_only_where_they_are_public(
    question, neighbour, neighbour_clerk, plot_factory, area_factory, officer, china
):
    last = question.area.plots.order_by("pk").last()
    plot = plot_factory(cooperative=neighbour, boundary=square_east_of(last.boundary, gap_m=-50))
    assert only(neighbours.check_neighbours_areas, question).verdict == "pass"

    beside = code_services.form_area(neighbour, name="Vùng bên", crop=plot.crop, plots=[plot], by=neighbour_clerk)

    found = only(neighbours.check_neighbours_areas, question)
    assert (found.verdict, found.measured) == ("fail", "1 vùng chưa công khai")

    code_services.issue_codes(beside, question.scheme, [china], by=officer)
    assert only(neighbours.check_neighbours_areas, question).measured == "Vùng bên"


def test_no_live_code_for_the_area_or_its_plots(question, china, usa, new_scheme, officer, clerk):
    bound = eligibility.Question(question.area, new_scheme, (china,), TODAY)
    code_services.issue_codes(question.area, new_scheme, [china], by=officer)
    twin = code_services.form_area(
        question.area.cooperative,
        name="Vùng trùng",
        crop=question.area.crop,
        plots=question.area.plots.all()[:1],
        by=clerk,
    )

    assert only(neighbours.check_no_live_code, bound).verdict == "fail"
    assert (
        only(neighbours.check_no_live_code, eligibility.Question(twin, new_scheme, (china,), TODAY)).verdict == "fail"
    )
    assert (
        only(neighbours.check_no_live_code, eligibility.Question(question.area, new_scheme, (usa,), TODAY)).verdict
        == "pass"
    )
    assert only(neighbours.check_no_live_code, question).verdict == "pass"  # another scheme


def test_scheme_and_markets(question):
    unconfirmed = make_scheme(is_confirmed=False)

    assert (
        only(scheme.check_scheme_usable, eligibility.Question(question.area, unconfirmed, (), TODAY)).verdict == "fail"
    )
    assert list(scheme.check_scheme_usable(load_facts(question))) == []
    assert (
        only(scheme.check_markets_named, eligibility.Question(question.area, question.scheme, (), TODAY)).verdict
        == "fail"
    )


def test_a_scheme_of_another_province_is_not_usable(question, unit_factory, province):
    elsewhere = unit_factory(level="province", code="98", name_vi="Nơi Khác")
    for home, verdicts in ((elsewhere, ["fail"]), (province, [])):
        asked = replace(question, scheme=make_scheme(province=home))

        assert [one.verdict for one in scheme.check_scheme_usable(load_facts(asked))] == verdicts


def test_the_worst_comes_first_and_all_is_json(question):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=99)
    Plot.objects.filter(pk=question.area.plots.first().pk).update(status=PlotStatus.IN_CONFLICT)

    findings = eligibility.examine(question)

    verdicts = [finding.verdict for finding in findings]
    assert verdicts == sorted(verdicts, key=("fail", "warn", "pass").index)
    assert all({"rule", "verdict", "measured", "legal_ref"} <= finding.as_dict().keys() for finding in findings)


def test_examining_takes_few_queries(question, django_assert_max_num_queries):
    make_rule(question.scheme, kind=RuleKind.PIECE_DISTANCE, threshold=50)
    asked = replace(question, request_id=1)

    with django_assert_max_num_queries(11):
        eligibility.examine(asked)


# --- Shape, land, papers, doubles ---------------------------------------------------------------------------------


def rule_of(question, kind, **fields):
    return make_rule(question.scheme, kind=kind, **fields)


@pytest.fixture
def scattered(area_factory, plot_factory, old_scheme, china, clerk):
    """Two plots side by side and one 300 m further east."""
    first = plot_factory(boundary=square(105.60, 10.40))
    second = plot_factory(boundary=square_east_of(first.boundary))
    third = plot_factory(boundary=square_east_of(second.boundary, gap_m=300))
    area = code_services.form_area(
        first.cooperative, name="Vùng rời", crop=first.crop, plots=[first, second, third], by=clerk
    )
    return eligibility.Question(area, old_scheme, (china,), TODAY)


@pytest.mark.parametrize(("metres", "verdict"), [(0, "fail"), (250, "fail"), (310, "pass")])
def test_piece_distance(scattered, metres, verdict):
    rule_of(scattered, RuleKind.PIECE_DISTANCE, threshold=metres, severity="fail")

    finding = only(scheme.check_piece_distance, scattered)

    assert finding.verdict == verdict
    assert finding.measured == "2 khoảnh, cách nhau đến 300 m"


def test_pieces_that_touch_have_no_distance(question):
    rule_of(question, RuleKind.PIECE_DISTANCE, threshold=0)

    finding = only(scheme.check_piece_distance, question)

    assert (finding.verdict, finding.measured) == ("pass", "1 khoảnh, cách nhau đến 0 m")


def test_no_plot_left_leaves_no_pieces(question):
    rule_of(question, RuleKind.PIECE_DISTANCE, threshold=0)
    Plot.objects.filter(area_plots__area=question.area).update(status=PlotStatus.ARCHIVED)

    facts = load_facts(question)

    assert list(scheme.check_piece_distance(facts)) == []
    (finding,) = plots.check_ground_matches_plots(facts)
    assert (finding.verdict, finding.measured) == ("fail", "không còn thửa")


def test_mixed_stand_is_declared_plot_by_plot(question, cat_chu, variety_factory, mango):
    assert list(plots.check_mixed_stand(load_facts(question))) == []
    first, second, third = question.area.plots.order_by("pk")
    Plot.objects.filter(pk__in=[first.pk, second.pk]).update(variety=cat_chu, tree_count=100)
    Plot.objects.filter(pk=third.pk).update(variety=variety_factory(mango))

    undeclared = only(plots.check_mixed_stand, question)
    assert (undeclared.verdict, [one.id for one in undeclared.plots]) == ("warn", [third.pk])

    Plot.objects.filter(pk=third.pk).update(tree_count=90)
    assert only(plots.check_mixed_stand, question).verdict == "pass"

    rule_of(question, RuleKind.MIXED_STAND, threshold=30, severity="fail")
    too_much = only(plots.check_mixed_stand, question)
    assert (too_much.verdict, [one.id for one in too_much.plots]) == ("fail", [third.pk])
    assert too_much.measured.startswith("giống phụ 33,3 %")


def test_consent_counts_growers_without_a_live_one(question):
    rows = question.area.plots.select_related("grower__person").order_by("pk")
    agreed, withdrawn, other = [row.grower.person for row in rows]
    give_consent(agreed)
    give_consent(withdrawn, withdrawn=True)
    give_consent(other, purpose=Purpose.MESSAGES)

    finding = only(plots.check_consent, question)

    assert (finding.verdict, finding.measured) == ("warn", "2 hộ chưa đồng ý")
    assert {one.id for one in finding.plots} == {rows[1].pk, rows[2].pk}
    assert "91/2025" in str(finding.legal_ref)


def test_a_row_makes_missing_consent_a_failure(question):
    rule_of(question, RuleKind.CONSENT, severity="fail")

    assert only(plots.check_consent, question).verdict == "fail"


def test_land_use_class_measures_the_newest_public_layer(question, land_use_layer_factory):
    first = question.area.plots.order_by("pk").first()
    assert list(land.check_land_use_class(load_facts(question))) == []

    for day, is_public, code in ((2024, True, "ODT"), (2025, True, "CLN"), (2026, False, "ODT")):
        layer = land_use_layer_factory(as_of=dt.date(day, 1, 1), is_public=is_public)
        make_parcel(layer, code, boundary=rectangle(105.59, 10.44, width_m=3_000, height_m=3_000))
    assert only(land.check_land_use_class, question).verdict == "pass"

    newest = land_use_layer_factory(as_of=dt.date(2026, 6, 1), name="Hiện trạng mới")
    make_parcel(newest, "ODT", boundary=first.boundary)
    finding = only(land.check_land_use_class, question)
    assert (finding.verdict, [one.id for one in finding.plots]) == ("warn", [first.pk])
    assert finding.measured.startswith("33,3 % (") and "ODT Đất ở tại đô thị" in finding.measured


def test_a_sliver_of_another_class_is_tolerated(question, land_use_layer_factory):
    first = question.area.plots.order_by("pk").first()
    make_parcel(land_use_layer_factory(), "ODT", boundary=square_east_of(first.boundary, gap_m=-199))

    assert only(land.check_land_use_class, question).verdict == "pass"


def test_land_without_a_layer_is_said_where_the_scheme_asks(question):
    rule_of(question, RuleKind.LAND_USE_CLASS, threshold=0, severity="fail")

    finding = only(land.check_land_use_class, question)

    assert (finding.verdict, finding.measured) == ("warn", "chưa có lớp bản đồ công khai để đối chiếu")


@pytest.mark.parametrize(("valid_to", "verdicts"), [(None, ["warn"]), (TODAY, [])], ids=["in force", "over"])
def test_planned_zone(question, land_use_layer_factory, valid_to, verdicts):
    plan = land_use_layer_factory(kind=LayerKind.PLANNING, valid_to=valid_to)
    make_parcel(plan, "ODT", boundary=question.area.boundary)

    assert [finding.verdict for finding in land.check_planned_zone(load_facts(question))] == verdicts


def test_a_certificate_in_force_is_evidence(question, mango, longan):
    fields = {"cooperative": question.area.cooperative, "issuer": "Tổ chức thử", "issued_on": dt.date(2025, 1, 1)}
    Certificate.objects.create(kind="ocop", stars=3, number="O", valid_until=dt.date(2027, 1, 1), **fields)
    Certificate.objects.create(kind="vietgap", number="N", crop=longan, valid_until=dt.date(2027, 1, 1), **fields)
    Certificate.objects.create(kind="vietgap", number="X", crop=mango, valid_until=dt.date(2026, 11, 1), **fields)
    assert only(papers.check_evidence, question).verdict == "warn"

    Certificate.objects.create(kind="vietgap", number="V-1", crop=mango, valid_until=TODAY, **fields)

    finding = only(papers.check_evidence, question)
    assert (finding.verdict, finding.measured) == ("pass", "VietGAP V-1")


def test_diaries_must_cover_every_plot(question, draft_request, clerk, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    asked = replace(question, request_id=draft_request.pk)
    rows = list(question.area.plots.order_by("pk"))
    diary = attach(draft_request, "diary", clerk, season="Vụ 2026", plots=rows[:2])
    finding = only(papers.check_evidence, asked)
    assert (finding.verdict, [one.id for one in finding.plots]) == ("warn", [rows[2].pk])
    assert finding.measured == "nhật ký của 2/3 thửa"

    second = attach(draft_request, "diary", clerk, season="Vụ 2026", plots=rows[2:])
    assert only(papers.check_evidence, asked).verdict == "pass"

    for document in (diary, second):
        document.removed_at = timezone.now()
        document.save()
    assert only(papers.check_evidence, asked).measured == "nhật ký của 0/3 thửa"


def test_required_documents(question, draft_request, clerk, longan, usa, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    asked = replace(question, request_id=draft_request.pk)
    common = {"scheme": question.scheme, "legal_ref": "Điều thử", "valid_from": dt.date(2020, 1, 1)}
    for kind, fields in (
        ("map", {"severity": "warn"}),
        ("map", {"severity": "fail"}),
        ("process", {}),
        ("training", {"crop": longan}),
        ("land_paper", {"market": usa}),
        ("commitment", {"valid_to": TODAY}),
    ):
        RequiredDocument.objects.create(kind=kind, **common | fields)
    attach(draft_request, "process", clerk)

    found = list(papers.check_documents(load_facts(asked)))

    assert [(str(one.title), one.verdict) for one in found] == [
        ("Giấy tờ: Bản đồ, sơ đồ vùng trồng", "fail"),
        ("Giấy tờ: Quy trình canh tác", "pass"),
    ]
    assert list(papers.check_documents(load_facts(question))) == []  # no request yet: nothing to attach to


def test_a_likely_duplicate_parcel_only_warns(question, neighbour, plot_factory):
    rule_of(question, RuleKind.DUPLICATE_PARCEL, severity="fail")
    first = question.area.plots.order_by("pk").first()
    twin = plot_factory(cooperative=neighbour, boundary=first.boundary, status=PlotStatus.IN_CONFLICT)
    plot_factory(cooperative=neighbour, boundary=square(105.70, 10.45))

    finding = only(plots.check_duplicate_parcel, question)

    assert finding.verdict == "warn"
    assert [(one.id, one.ref) for one in finding.plots] == [(first.pk, first.ref), (twin.pk, "")]
    assert finding.measured == "0 thửa trùng mã định danh, 1 thửa có thể trùng"


@pytest.mark.parametrize(("side_m", "verdict"), [(100.5, "warn"), (103, "pass")], ids=["1 % larger", "6 % larger"])
def test_a_duplicate_agrees_in_size(question, neighbour, plot_factory, side_m, verdict):
    west, south, *_rest = question.area.plots.order_by("pk").first().boundary.extent
    east_deg, north_deg = degrees_for(south, east_m=(side_m - 100) / 2, north_m=(side_m - 100) / 2)
    around = square(west - east_deg, south - north_deg, side_m=side_m)  # about the same middle
    plot_factory(cooperative=neighbour, boundary=around)

    assert only(plots.check_duplicate_parcel, question).verdict == verdict


def test_one_identifier_given_twice_by_the_land_office_fails(question, neighbour, plot_factory):
    first = question.area.plots.order_by("pk").first()
    Plot.objects.filter(pk=first.pk).update(parcel_code="w3g5jrk65gg1")
    far = plot_factory(cooperative=neighbour, boundary=square(105.70, 10.45), parcel_code="w3g5jrk65gg1")

    finding = only(plots.check_duplicate_parcel, question)

    assert (finding.verdict, [one.id for one in finding.plots]) == ("fail", [first.pk, far.pk])


def test_two_identifiers_of_the_land_office_tell_parcels_apart(question, neighbour, plot_factory):
    first = question.area.plots.order_by("pk").first()
    Plot.objects.filter(pk=first.pk).update(parcel_code="w3g5jrk65gg1")
    plot_factory(cooperative=neighbour, boundary=first.boundary, parcel_code="w3g5jrk65gg2")

    assert only(plots.check_duplicate_parcel, question).verdict == "pass"


@pytest.mark.parametrize("kind", [RuleKind.NEIGHBOURS_PLOTS, RuleKind.GROWERS_KNOWN, RuleKind.ONE_VARIETY])
def test_the_severity_of_the_row_wins_over_the_default(question, neighbour, plot_factory, variety_factory, mango, kind):
    severity = "warn" if kind == RuleKind.NEIGHBOURS_PLOTS else "fail"
    rule_of(question, kind, severity=severity, legal_ref="Điều 7")
    first, second, third = question.area.plots.order_by("pk")
    plot_factory(cooperative=neighbour, boundary=square_east_of(third.boundary, gap_m=-20))
    Plot.objects.filter(pk=first.pk).update(grower=None, variety=variety_factory(mango))
    Plot.objects.filter(pk=second.pk).update(variety=variety_factory(mango))

    (finding,) = [one for one in eligibility.examine(question) if one.rule == kind]

    assert (finding.verdict, finding.legal_ref) == (severity, "Điều 7")


def test_a_threshold_per_market_is_measured_for_each(question, china, usa):
    rule_of(question, RuleKind.MINIMUM_AREA, threshold=2, market=china)
    rule_of(question, RuleKind.MINIMUM_AREA, threshold=5, market=usa, severity="fail")
    asked = replace(question, markets=(china, usa))

    found = {str(one.title): one.verdict for one in scheme.check_minimum_area(load_facts(asked))}

    assert found == {"Diện tích: Trung Quốc": "pass", "Diện tích: Hoa Kỳ": "fail"}


def test_a_code_without_an_area_asks_nothing(code):
    code.area = None

    with pytest.raises(ValueError, match="area"):
        eligibility.question_of_code(code, on=TODAY)


def test_a_code_does_not_stand_in_its_own_way(code):
    asked = eligibility.question_of_code(code, on=TODAY)

    assert only(neighbours.check_no_live_code, asked).verdict == "pass"
    assert only(neighbours.check_no_live_code, replace(asked, code_id=None)).verdict == "fail"


# As many plots as make the planner choose as it does in a province.
MANY_PLOTS = """
    INSERT INTO farms_plot (
        cooperative_id, ref, crop_id, commune_id, status, boundary, harvest_months, land_sheet, land_parcel,
        determination, source, created_at, updated_at, version)
    SELECT cooperative_id, 'V' || n, crop_id, commune_id, status,
           ST_Translate(boundary, 0.002 * (1 + n %% 60), 0.002 * (1 + n / 60)), '{}', '', '', 'unknown', '{}', now(),
           now(), 1
    FROM farms_plot CROSS JOIN generate_series(1, 3000) AS n WHERE id = %s"""


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (sql.NEIGHBOURS_PLOTS, "farms_plot_boundary"),
        (sql.DUPLICATE_PARCELS, "farms_plot_boundary"),
        (sql.DUPLICATE_PARCELS, "plot_parcel_code"),
        (sql.LAND, "landuse_landuseparcel_boundary"),
    ],
    ids=["neighbours", "doubles by place", "doubles by identifier", "land"],
)
def test_big_tables_are_met_by_their_index(question, statement, index):
    keys = {"area": question.area.pk, "cooperative": question.area.cooperative_id, "plots": [1], "on": TODAY}
    numbers = {"min_m2": 50.0, "min_share": 0.01, "share": 0.02, "sliver_m2": 5.0, "limit": 50}

    with connection.cursor() as cursor:
        cursor.execute(MANY_PLOTS, [question.area.plots.first().pk])
        cursor.execute("ANALYZE farms_plot")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", keys | numbers)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert index in plan, plan


def test_a_stored_request_is_examined_by_twelve_queries(draft_request, django_assert_max_num_queries):
    make_rule(draft_request.scheme, kind=RuleKind.PIECE_DISTANCE, threshold=50)
    rows = CodeRequest.objects.select_related("area__crop", "area__variety", "scheme")
    code_request = rows.get(pk=draft_request.pk)

    with django_assert_max_num_queries(12):
        eligibility.examine(eligibility.question_of(code_request, on=TODAY))
