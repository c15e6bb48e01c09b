"""What was handed in, each time, kept for comparison."""

from typing import Any

from django.db.models import F

from casework.models import CodeRequest, RequestVersion

GIVEN = "given"


def keep_version(code_request: CodeRequest, *, by: Any) -> RequestVersion:
    """Keep the form (without persons), the plots, the documents and the ground as they are now, as `version`."""
    area = code_request.area
    return RequestVersion.objects.create(
        code_request=code_request,
        number=code_request.version,
        form=form_values(code_request),
        plots=list(
            area.plots.order_by("ref").values(
                "id", "ref", "version", "area_m2", crop_name=F("crop__name_vi"), variety_name=F("variety__name_vi")
            )
        ),
        documents=list(
            code_request.documents.filter(removed_at=None).values(
                "id", "kind", "title", name=F("document__name"), sha256=F("document__sha256")
            )
        ),
        area_version=area.version,
        boundary=area.boundary,
        by=by,
    )


def form_values(code_request: CodeRequest) -> dict[str, Any]:
    """Return the form as JSON. Of the contact person only whether one is named: versions can't be erased."""
    area = code_request.area
    return {
        "area_name": area.name,
        "crop": area.crop.name_vi,
        "variety": area.variety.name_vi if area.variety else "",
        "commune": area.commune.name_vi,
        "area_m2": area.area_m2,
        "grower_count": area.grower_count,
        "scheme": code_request.scheme.slug,
        "markets": sorted(code_request.markets.values_list("code", flat=True)),
        "expected_output_t": code_request.expected_output_t,
        "contact_person": GIVEN if code_request.contact_person else "",
        "note": code_request.note,
    }
