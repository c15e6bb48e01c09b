"""One rule, one finding, one test."""

import datetime as dt

import pytest

from casework import eligibility as rules
from codes import services as code_services
from codes.models import RuleKind
from farms.models import OverlapCase, Plot, PlotStatus
from tests.factories.codes import make_rule, make_scheme
from tests.shapes import square_east_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 2)


@pytest.fixture
def question(area, old_scheme, china):
    return rules.Question(area, old_scheme, (china,), TODAY)


def only(check, question):
    (finding,) = check(question)
    return finding


@pytest.mark.parametrize(
    ("ha", "severity", "verdict"), [(3.5, "warn", "warn"), (3.5, "fail", "fail"), (2.5, "fail", "pass")]
)
def test_minimum_area(question, ha, severity, verdict):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=ha, severity=severity)

    finding = only(rules.check_minimum_area, question)

    assert finding.verdict == verdict
    assert finding.legal_ref == "Quy tắc thử"
    assert finding.measured.startswith("3")


@pytest.mark.parametrize(("ha", "verdict"), [(2.5, "warn"), (3.5, "pass")])
def test_maximum_area(question, ha, verdict):
    make_rule(question.scheme, kind=RuleKind.MAXIMUM_AREA, threshold=ha)

    assert only(rules.check_maximum_area, question).verdict == verdict


@pytest.mark.parametrize(("growers", "verdict"), [(4, "fail"), (3, "pass")])
def test_minimum_growers(question, growers, verdict):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_GROWERS, threshold=growers, severity="fail")

    assert only(rules.check_minimum_growers, question).verdict == verdict


def test_the_rule_made_for_market_and_crop_wins(question, china, usa, mango, longan):
    common = {"kind": RuleKind.MINIMUM_AREA, "severity": "fail"}
    make_rule(question.scheme, threshold=100, **common)
    make_rule(question.scheme, threshold=1, market=china, crop=mango, **common)
    make_rule(question.scheme, threshold=100, market=usa, **common)
    make_rule(question.scheme, threshold=100, market=china, crop=longan, **common)

    assert only(rules.check_minimum_area, question).verdict == "pass"


@pytest.mark.parametrize(
    "dates", [{"valid_from": dt.date(2026, 11, 3)}, {"valid_to": TODAY}], ids=["not yet in force", "over since today"]
)
def test_rules_hold_on_their_days_only(question, dates):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=100, **dates)

    assert list(rules.check_minimum_area(question)) == []


@pytest.mark.parametrize("status", [PlotStatus.IN_CONFLICT, PlotStatus.ARCHIVED])
def test_plots_in_good_standing(question, status):
    plot = question.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(status=status)

    finding = only(rules.check_plots_in_good_standing, question)

    assert (finding.verdict, [one.ref for one in finding.plots]) == ("fail", [plot.ref])


def test_one_crop(question, longan):
    Plot.objects.filter(pk=question.area.plots.first().pk).update(crop=longan)

    assert only(rules.check_one_crop, question).verdict == "fail"


def test_one_variety(question, cat_chu, variety_factory, mango):
    plots = list(question.area.plots.all())
    Plot.objects.filter(pk=plots[0].pk).update(variety=cat_chu)
    assert only(rules.check_one_variety, question).verdict == "pass"

    Plot.objects.filter(pk=plots[1].pk).update(variety=variety_factory(mango))
    assert only(rules.check_one_variety, question).verdict == "warn"


def test_growers_known(question):
    plot = question.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(grower=None)

    finding = only(rules.check_growers_known, question)

    assert (finding.verdict, finding.plots[0].ref) == ("warn", plot.ref)


def test_ground_matches_plots(question):
    assert only(rules.check_ground_matches_plots, question).verdict == "pass"

    plot = question.area.plots.order_by("pk").last()
    Plot.objects.filter(pk=plot.pk).update(boundary=square_east_of(plot.boundary, gap_m=-90))

    assert only(rules.check_ground_matches_plots, question).verdict == "fail"


@pytest.mark.parametrize(("overlap_m", "verdict"), [(20, "fail"), (0.2, "pass"), (0, "pass")])
def test_neighbours_plots(question, neighbour, plot_factory, overlap_m, verdict):
    last = question.area.plots.order_by("pk").last()
    plot_factory(cooperative=neighbour, ref="LG-1", boundary=square_east_of(last.boundary, gap_m=-overlap_m))

    finding = only(rules.check_neighbours_plots, question)

    assert finding.verdict == verdict
    assert all(plot.ref == "" for plot in finding.plots)  # the neighbour's numbers are not the asker's to know


def test_a_neighbours_later_drawing_only_warns(question, neighbour, plot_factory):
    last = question.area.plots.order_by("pk").last()
    plot_factory(
        cooperative=neighbour, status=PlotStatus.IN_CONFLICT, boundary=square_east_of(last.boundary, gap_m=-60)
    )

    assert only(rules.check_neighbours_plots, question).verdict == "warn"


def test_an_accepted_overlap_only_warns(question, neighbour, plot_factory, officer):
    last = question.area.plots.order_by("pk").last()
    other = plot_factory(cooperative=neighbour, boundary=square_east_of(last.boundary, gap_m=-20))
    OverlapCase.objects.create(
        first=last, second=other, shared=last.boundary, status="decided", decision="accepted",
        decided_at="2026-01-01T00:00Z", decided_by=officer,
    )  # fmt: skip

    assert only(rules.check_neighbours_plots, question).verdict == "warn"


def test_neighbours_areas_are_named_only_where_they_are_public(
    question, neighbour, neighbour_clerk, plot_factory, area_factory, officer, china
):
    last = question.area.plots.order_by("pk").last()
    plot = plot_factory(cooperative=neighbour, boundary=square_east_of(last.boundary, gap_m=-50))
    assert only(rules.check_neighbours_areas, question).verdict == "pass"

    beside = code_services.form_area(neighbour, name="Vùng bên", crop=plot.crop, plots=[plot], by=neighbour_clerk)

    found = only(rules.check_neighbours_areas, question)
    assert (found.verdict, found.measured) == ("fail", "1 vùng chưa công khai")

    code_services.issue_codes(beside, question.scheme, [china], by=officer)
    assert only(rules.check_neighbours_areas, question).measured == "Vùng bên"


def test_no_live_code_for_the_area_or_its_plots(question, china, usa, new_scheme, officer, clerk):
    bound = rules.Question(question.area, new_scheme, (china,), TODAY)
    code_services.issue_codes(question.area, new_scheme, [china], by=officer)
    twin = code_services.form_area(
        question.area.cooperative,
        name="Vùng trùng",
        crop=question.area.crop,
        plots=question.area.plots.all()[:1],
        by=clerk,
    )

    assert only(rules.check_no_live_code, bound).verdict == "fail"
    assert only(rules.check_no_live_code, rules.Question(twin, new_scheme, (china,), TODAY)).verdict == "fail"
    assert only(rules.check_no_live_code, rules.Question(question.area, new_scheme, (usa,), TODAY)).verdict == "pass"
    assert only(rules.check_no_live_code, question).verdict == "pass"  # another scheme


def test_scheme_and_markets(question):
    unconfirmed = make_scheme(is_confirmed=False)

    assert only(rules.check_scheme_usable, rules.Question(question.area, unconfirmed, (), TODAY)).verdict == "fail"
    assert list(rules.check_scheme_usable(question)) == []
    assert only(rules.check_markets_named, rules.Question(question.area, question.scheme, (), TODAY)).verdict == "fail"


def test_the_worst_comes_first_and_all_is_json(question):
    make_rule(question.scheme, kind=RuleKind.MINIMUM_AREA, threshold=99)
    Plot.objects.filter(pk=question.area.plots.first().pk).update(status=PlotStatus.IN_CONFLICT)

    findings = rules.examine(question)

    verdicts = [finding.verdict for finding in findings]
    assert verdicts == sorted(verdicts, key=("fail", "warn", "pass").index)
    assert all({"rule", "verdict", "measured", "legal_ref"} <= finding.as_dict().keys() for finding in findings)


def test_examining_takes_few_queries(question, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        rules.examine(question)
