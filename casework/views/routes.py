"""The day's route of monitoring visits: codes by risk, in an order to drive, on paper, and into the list of visits."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import holds, units_with
from casework import services
from casework.monitoring import day_route, explain, route_km, share_by_commune, watched_codes, with_risk
from casework.views.inspections import inspectors_of
from codes.models import ProductionAreaCode
from core.errors import DomainError
from core.views import error_lines, show_domain_errors
from places.models import AdministrativeUnit, UnitLevel

MAX_STOPS = 30
USUAL_STOPS = 8
DEGREES_PER_KM = 1 / 110.6  # of latitude; of longitude slightly less here, which takes in a little more


class RouteForm(forms.Form):
    """Where to look for the codes that need a visit most."""

    commune = forms.ModelChoiceField(
        label=gettext_lazy("Phường, xã"),
        queryset=AdministrativeUnit.objects.none(),
        required=False,
        empty_label=gettext_lazy("Tất cả"),
    )
    lat = forms.FloatField(label=gettext_lazy("Nơi xuất phát: vĩ độ"), min_value=6.5, max_value=23.6, required=False)
    lon = forms.FloatField(label=gettext_lazy("Nơi xuất phát: kinh độ"), min_value=102, max_value=118, required=False)
    radius_km = forms.TypedChoiceField(
        label=gettext_lazy("Cách nơi xuất phát không quá"),
        choices=[(5, "5 km"), (10, "10 km"), (20, "20 km"), (50, "50 km")],
        coerce=int,
        required=False,
    )
    stops = forms.IntegerField(
        label=gettext_lazy("Số điểm"), min_value=1, max_value=MAX_STOPS, required=False, initial=USUAL_STOPS
    )

    def __init__(self, *args: Any, communes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["commune"].queryset = communes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("lat") is None) != (data.get("lon") is None):
            self.add_error("lat", _("Hãy ghi cả kinh độ và vĩ độ, hoặc để trống cả hai."))
        return data

    @property
    def start(self) -> tuple[float, float] | None:
        """Longitude and latitude of the start, when both are given."""
        data = self.cleaned_data
        return None if data.get("lat") is None or data.get("lon") is None else (data["lon"], data["lat"])


class SaveForm(forms.Form):
    """The day, and who goes."""

    planned_on = forms.DateField(
        label=gettext_lazy("Ngày đi"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    inspector = forms.ModelChoiceField(
        label=gettext_lazy("Người đi"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Chưa phân công"),
    )

    def __init__(self, *args: Any, inspectors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inspector"].queryset = inspectors  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Stop:
    """A code on the route, with the reasons for going there and the address of its checklist."""

    code: Any
    reasons: list[str]
    checklist_url: str


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def route_page(request: HttpRequest) -> HttpResponse:
    """Suggest a route; a POST plans a visit to each chosen code on one day, all or none."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
    if request.POST.get("do") == "again":
        return redirect(f"{reverse('casework:route')}?{urlencode({'chosen': _keys(request.POST)}, doseq=True)}")
    may_plan = holds(request.user, "casework.examine_request")
    save = SaveForm(request.POST or None, inspectors=inspectors_of(request.user), initial={"planned_on": localdate()})
    if request.method == "POST" and save.is_valid() and _saved(request, save):
        return redirect("casework:visit-list")
    form = RouteForm(request.GET or None, communes=_communes(request.user))
    stops, length = _route(request.user, form, _keys(request.GET))
    context = {
        "form": form,
        "save": save,
        "stops": stops,
        "length_km": length,
        "shares": share_by_commune(request.user, localdate()),
        "may_plan": may_plan,
        "year": localdate().year,
        "today": localdate(),
    }
    status = 422 if save.errors or form.errors else 200
    return render(request, "casework/inspection_route.html", context, status=status)


def _keys(params: QueryDict) -> list[str]:
    """The codes that are ticked."""
    given = params.getlist("chosen")
    return [pk for pk in given if pk.isascii() and pk.isdigit() and len(pk) < 18][:MAX_STOPS]


def _communes(user: Any) -> Any:
    units = units_with(user, "casework.view_request")
    return units.filter(level=UnitLevel.COMMUNE).order_by("name_vi")


def _route(user: Any, form: RouteForm, chosen: list[str]) -> tuple[list[Stop], float]:
    """The codes with the highest risk among those asked for, in an order to drive, and the length in km."""
    if form.is_bound and not form.is_valid():
        return [], 0.0
    data = form.cleaned_data if form.is_bound else {}
    start = form.start if form.is_bound else None
    codes = watched_codes(user).exclude(boundary=None).select_related("commune", "scheme", "crop")
    if chosen:
        codes = codes.filter(pk__in=chosen)
    elif data.get("commune"):
        codes = codes.filter(commune=data["commune"])
    if start and not chosen:
        near = Point(*start, srid=4326).buffer((data.get("radius_km") or 20) * DEGREES_PER_KM)
        codes = codes.filter(boundary__intersects=near)
    rows = with_risk(codes, localdate()).annotate(place=PointOnSurface("boundary")).order_by("-risk", "code")
    best = list(rows.defer("boundary")[: data.get("stops") or (MAX_STOPS if chosen else USUAL_STOPS)])
    places = [(code.place.x, code.place.y) for code in best]
    order = day_route(places, start)
    stops = [Stop(best[index], explain(best[index]), _checklist_url(best[index])) for index in order]
    return stops, route_km([places[index] for index in order], start)


def _checklist_url(code: ProductionAreaCode) -> str:
    return f"{reverse('casework:inspection-new')}?code={code.code}"


def _saved(request: HttpRequest, save: SaveForm) -> bool:
    """Plan the visits, all or none; what is wrong stands in the form."""
    codes = list(watched_codes(request.user).filter(pk__in=_keys(request.POST)))
    if not codes:
        save.add_error(None, _("Hãy chọn ít nhất một điểm."))
        return False
    try:
        with transaction.atomic():
            for code in codes:
                services.plan_visit(code, **save.cleaned_data, by=request.user)
    except DomainError as error:
        for line in error_lines(error):
            save.add_error(None, line)
        return False
    messages.success(request, _("Đã ghi %(n)d chuyến kiểm tra vào lịch.") % {"n": len(codes)})
    return True
