"""What every installation knows of regimes: complete, with its confidence, and never against an administrator."""

import datetime as dt

import pytest

import crops.reference
from codes.models import (
    ChecklistItem,
    CodeScheme,
    DeadlineStep,
    Reason,
    ReasonUse,
    RequiredDocument,
    SchemeRule,
    StepDeadline,
)
from codes.reference import load
from crops.models import Crop, YieldNorm

pytestmark = pytest.mark.django_db
MODELS = (CodeScheme, SchemeRule, StepDeadline, ChecklistItem, RequiredDocument, Reason)
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def loaded():
    crops.reference.load()
    load()


def test_every_regime_is_complete(loaded):
    for scheme in CodeScheme.objects.all():
        steps = set(scheme.deadlines.on(TODAY).values_list("step", flat=True))

        assert steps == set(DeadlineStep.values), scheme.slug
        assert scheme.checklist.on(TODAY).count() >= 15, scheme.slug
        assert scheme.checklist.filter(is_critical=True).exists(), scheme.slug
        assert scheme.required_documents.on(TODAY).exists(), scheme.slug
        assert scheme.rules.exists(), scheme.slug
        assert "Luật Trồng trọt" in scheme.certificate_text
        assert scheme.legal_ref
        assert (scheme.receiving_level, scheme.deciding_level) == ("commune", "province")


def test_what_is_not_known_well_says_so(loaded):
    badly_known = CodeScheme.objects.filter(confidence="low")

    assert {scheme.slug for scheme in badly_known} == {"nd-38-2026", "noi-dia-3156"}
    assert not badly_known.filter(is_confirmed=True).exists()
    assert set(StepDeadline.objects.exclude(step="decision").values_list("confidence", flat=True)) == {"low"}
    assert not SchemeRule.objects.exclude(severity="warn").exists()


def test_every_act_has_reasons_with_a_text(loaded):
    for use in ReasonUse.values:
        reasons = Reason.objects.on(TODAY).filter(use=use, scheme=None)
        assert reasons.count() >= 2, use
        assert all(reason.canned_text and reason.text_en for reason in reasons), use


def test_checklist_lines_keep_the_order_of_the_minutes(loaded):
    lines = list(CodeScheme.objects.get(slug="xuat-khau-or").checklist.values_list("slug", flat=True))

    assert lines[0] == "dien-tich"
    assert lines[-1] == "noi-dung-khac"


def test_minimum_of_the_domestic_regime_differs_by_kind_of_crop(loaded):
    rules = SchemeRule.objects.filter(scheme__slug="noi-dia-3156", kind="minimum_area")

    assert rules.get(crop=None).threshold == 0.1
    assert rules.get(crop__short_code="XOAI").threshold == 1
    assert rules.exclude(crop=None).count() == Crop.objects.filter(is_perennial=True).count()


def test_only_known_yields_are_there(loaded):
    norms = {norm.crop.short_code: norm.tonnes_per_ha for norm in YieldNorm.objects.select_related("crop")}

    assert norms == {"XOAI": 25.0, "SAURIENG": 30.0}
    assert all("độ tin cậy thấp" in norm.legal_ref for norm in YieldNorm.objects.all())


def test_a_second_load_adds_nothing(loaded):
    before = [model.objects.count() for model in (*MODELS, YieldNorm)]

    crops.reference.load()
    said = load()

    assert [model.objects.count() for model in (*MODELS, YieldNorm)] == before
    assert said == "codes: 0 markets, 0 schemes and 0 of their rows added"


def test_what_an_administrator_changed_or_deleted_stays(loaded):
    CodeScheme.objects.filter(slug="noi-dia-3156").update(name="Tên khác", deciding_level="commune")
    Reason.objects.filter(use="return", slug="thieu-giay-to").update(slug="thieu-ho-so", canned_text="Lời khác")
    StepDeadline.objects.filter(scheme__slug="xuat-khau-or", step="decision").update(days=7)
    ChecklistItem.objects.filter(slug="noi-dung-khac").delete()
    CodeScheme.objects.get(slug="nd-38-2026").delete()
    YieldNorm.objects.all().delete()

    crops.reference.load()
    load()

    assert CodeScheme.objects.get(slug="noi-dia-3156").name == "Tên khác"
    assert not Reason.objects.filter(use="return", slug="thieu-giay-to").exists()
    assert StepDeadline.objects.get(scheme__slug="xuat-khau-or", step="decision").days == 7
    assert not ChecklistItem.objects.filter(slug="noi-dung-khac").exists()
    assert not CodeScheme.objects.filter(slug="nd-38-2026").exists()
    assert not YieldNorm.objects.exists()


def test_an_older_installation_gets_the_rows_that_it_never_had(loaded):
    scheme = CodeScheme.objects.get(slug="xuat-khau-or")
    history = ChecklistItem.history.rel.related_model
    scheme.checklist.all().delete()
    history.objects.all()._raw_delete("default")  # as if this model had not existed then

    load()

    assert scheme.checklist.count() >= 15
