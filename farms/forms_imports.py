"""Forms of the import wizard: the file, what is in doubt, what the columns mean, storing."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crops.models import Crop
from farms import imports
from farms.file_errors import ANSWERED_BY

GEOMETRY_NAMES = {
    "Polygon": _("vùng"),
    "MultiPolygon": _("nhiều vùng"),
    "LineString": _("đường"),
    "MultiLineString": _("nhiều đường"),
    "Point": _("điểm"),
    "MultiPoint": _("nhiều điểm"),
}
ENCODING_NAMES = {
    "UTF-8": _("Unicode (UTF-8)"),
    "TCVN3": _("TCVN3 (ABC, phông .VnTime)"),
    "VNI": _("VNI-Windows (phông VNI-Times)"),
    "CP1258": _("Windows-1258"),
    "CP1252": _("Tây Âu (Windows-1252)"),
    "UTF-8-TWICE": _("UTF-8 bị mã hóa hai lần"),
}


def crop_field() -> forms.ModelChoiceField:
    """Return the field for one crop of the whole file."""
    return forms.ModelChoiceField(
        Crop.objects.all(),
        to_field_name="slug",
        required=False,
        label=_("Cây trồng của cả tệp"),
        empty_label=_("Lấy theo cột trong tệp"),
        help_text=_("Chọn nếu tệp không có cột cây trồng."),
    )


class UploadForm(forms.Form):
    """The file, and a crop for rows that name none."""

    file = forms.FileField(
        label=_("Tệp bản đồ các thửa"),
        help_text=_(
            "Kéo tệp thả vào ô dưới, hoặc bấm để chọn. Nhận: shapefile hoặc MapInfo nén (.zip), GeoJSON, GeoPackage "
            "(.gpkg), GeoParquet, FlatGeobuf (.fgb), Google Earth (.kml, .kmz), máy định vị (.gpx), bản vẽ DXF, bảng "
            "Excel hoặc CSV. Tối đa 50 MB."
        ),
        widget=forms.ClearableFileInput(attrs={"class": "drop-file"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["crop"] = crop_field()


class DoubtForm(forms.Form):
    """One question about the file, with the candidates as radio buttons; field `answer`."""

    answer = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, doubt: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = doubt["code"]
        self.candidates = list(doubt.get("params", {}).get("candidates", []))
        field = self.fields["answer"]
        field.label = str(QUESTIONS[self.code])
        choices = [
            (answer_value(self.code, place, item), LABELS[self.code](item))
            for place, item in enumerate(self.candidates)
        ]
        field.choices = choices  # type: ignore[attr-defined]
        if choices:
            field.initial = choices[0][0]

    def options(self) -> dict[str, Any]:
        """Return the answer as `answer_import` takes it."""
        return {ANSWERED_BY[self.code]: self.cleaned_data["answer"]}


OWN_CHOICE = "own"
ROLES = {
    "wkt": _("Cột ghi ranh giới (WKT)"),
    "plot": _("Cột số thửa"),
    "point": _("Cột số thứ tự góc"),
    "x": _("Cột X (hướng Bắc) hoặc vĩ độ"),
    "y": _("Cột Y (hướng Đông) hoặc kinh độ"),
}


class GeometryForm(DoubtForm):
    """Which columns of a table say where a plot is: a candidate, or columns that the user picks."""

    def __init__(self, *args: Any, doubt: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, doubt=doubt, **kwargs)
        params = doubt.get("params", {})
        samples = params.get("samples", {})
        headings = [(name, _with_samples(name, samples.get(name, []))) for name in params.get("headings", [])]
        answer = self.fields["answer"]
        answer.choices = [*answer.choices, (OWN_CHOICE, _("Tôi tự chọn cột ở dưới"))]  # type: ignore[attr-defined]
        answer.initial = answer.choices[0][0]  # type: ignore[attr-defined]
        for role, title in ROLES.items():
            self.fields[role] = forms.ChoiceField(label=title, choices=[("", "—"), *headings], required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == OWN_CHOICE and not cleaned.get("wkt"):
            for role in ("x", "y"):
                if not cleaned.get(role):
                    self.add_error(role, _("Hãy chọn cột này, hoặc chọn cột ghi ranh giới (WKT)."))
        return cleaned

    def options(self) -> dict[str, Any]:
        answer = self.cleaned_data["answer"]
        if answer != OWN_CHOICE:
            item = self.candidates[int(answer)]
            return {"geometry": {"kind": item["kind"], "columns": item["columns"]}}
        if self.cleaned_data["wkt"]:
            return {"geometry": {"kind": "wkt", "columns": {"wkt": self.cleaned_data["wkt"]}}}
        named = {role: self.cleaned_data[role] for role in ("plot", "point", "x", "y") if self.cleaned_data[role]}
        return {"geometry": {"kind": "corners", "columns": named}}


def _with_samples(heading: str, samples: list[str]) -> str:
    return f"{heading}: {', '.join(str(sample)[:20] for sample in samples[:3])}" if samples else heading


def doubt_form(data: Any, *, doubt: Mapping[str, Any]) -> DoubtForm:
    """Return the form that asks what is in doubt; `data` is what was sent, or None."""
    kind = GeometryForm if doubt["code"] == "geometry_in_doubt" else DoubtForm
    return kind(data, doubt=doubt)


QUESTIONS = {
    "crs_in_doubt": _("Thửa nằm đúng chỗ với hệ tọa độ nào?"),
    "layer_in_doubt": _("Lớp nào chứa các thửa?"),
    "encoding_in_doubt": _("Cách đọc nào ra đúng chữ tiếng Việt?"),
    "geometry_in_doubt": _("Cột nào cho biết vị trí thửa?"),
}


def answer_value(code: str, place: int, item: Any) -> str:
    """Return what the radio button of a candidate sends."""
    if code == "crs_in_doubt":
        return str(item["id"])
    if code == "encoding_in_doubt":
        return str(item["encoding"])
    if code == "layer_in_doubt":
        return layer_name(item)
    return str(place)


def layer_name(item: Any) -> str:
    """Return the name of a layer candidate, which is a name or an object with one."""
    return str(item.get("name", "")) if isinstance(item, Mapping) else str(item)


def _layer_label(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    parts = [layer_name(item)]
    count = item.get("features")
    if count is not None:
        parts.append(ngettext("%(n)s đối tượng", "%(n)s đối tượng", count) % {"n": number_format(count)})
    kinds = [str(GEOMETRY_NAMES.get(kind, kind)) for kind in item.get("geometry_types", [])]
    if kinds:
        parts.append(", ".join(kinds))
    return " · ".join(parts)


def crs_label(item: Mapping[str, Any]) -> str:
    """Return the name of a CRS candidate as a surveyor knows it."""
    return f"{item['name']} ({_('X là hướng Bắc')})" if item.get("swapped") else str(item["name"])


def encoding_label(item: Mapping[str, Any]) -> str:
    """Return the name of an encoding with what the text looks like in it."""
    name = ENCODING_NAMES.get(item["encoding"], item["encoding"])
    samples = " · ".join(str(sample) for sample in item.get("samples", [])[:3])
    return f"{samples} — {name}" if samples else str(name)


def _geometry_label(item: Mapping[str, Any]) -> str:
    kinds = {
        "wkt": _("Cột %(wkt)s ghi ranh giới dạng WKT"),
        "point": _("Cột %(lat)s là vĩ độ, %(lon)s là kinh độ"),
        "corners": _("Bảng góc thửa: %(x)s là X, %(y)s là Y"),
        "wide": _("Mỗi dòng một thửa, các góc nằm ở các cột X1, Y1, X2, Y2 …"),
    }
    text = str(kinds.get(item.get("kind", ""), item.get("kind", "")))
    named = {name: f"“{heading}”" for name, heading in item.get("columns", {}).items()}
    # A reading of corners may name latitude and longitude, one of points X and Y.
    named = {
        "x": named.get("lat", ""),
        "y": named.get("lon", ""),
        "lat": named.get("x", ""),
        "lon": named.get("y", ""),
    } | named
    return text % ({"wkt": ""} | named)


LABELS = {
    "crs_in_doubt": crs_label,
    "layer_in_doubt": _layer_label,
    "encoding_in_doubt": encoding_label,
    "geometry_in_doubt": _geometry_label,
}


class ColumnsForm(forms.Form):
    """Which column of the file means what, and a crop for rows that name none."""

    def __init__(self, *args: Any, headings: list[str], options: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [heading for heading in headings if not imports.is_own_heading(heading)]
        choices = [("", _("Không có")), *((heading, heading) for heading in shown)]
        chosen = options.get("columns") or {}
        for name, (title, _names) in imports.FIELDS.items():
            initial = chosen.get(name, "")
            self.fields[name] = forms.ChoiceField(label=title, choices=choices, required=False, initial=initial)
        self.fields["all_crop"] = crop_field()
        self.fields["all_crop"].initial = options.get("crop") or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        by_heading: dict[str, str] = {}
        for name in imports.FIELDS:
            heading = cleaned.get(name)
            if heading and heading in by_heading:
                self.add_error(name, _("Cột này đã chọn cho mục khác."))
            elif heading:
                by_heading[heading] = name
        return cleaned

    def columns(self) -> dict[str, str]:
        """Return our field -> heading."""
        return {name: self.cleaned_data[name] for name in imports.FIELDS if self.cleaned_data[name]}

    def crop(self) -> str:
        """Return the slug of the crop for the whole file, "" for none."""
        found = self.cleaned_data["all_crop"]
        return found.slug if found else ""


class ReadingForm(forms.Form):
    """Read the file again in another coordinate system or encoding."""

    def __init__(
        self,
        *args: Any,
        summary: Mapping[str, Any],
        options: Mapping[str, Any],
        readings: list[dict[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        current = options.get("crs") or summary.get("crs")
        self.fields["crs"] = forms.ChoiceField(label=_("Hệ tọa độ"), choices=_crs_choices(current), initial=current)
        if len(readings) > 1:
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Cách đọc chữ"),
                choices=[(item["encoding"], encoding_label(item)) for item in readings],
                initial=summary.get("encoding"),
                widget=forms.RadioSelect,
            )

    def options(self) -> dict[str, Any]:
        """Return the answers as `answer_import` takes them."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def _crs_choices(current: str | None) -> list[tuple[str, str]]:
    from geofiles import crs

    known = ["EPSG:4326", *crs.ZONES]
    if current and current not in known:
        known.insert(0, current)
    return [(name, _crs_title(name)) for name in known]


def _crs_title(choice: str) -> str:
    from geofiles import crs

    system, is_swapped = crs.split_choice(choice)
    swapped = f", {_('X là hướng Bắc')}" if is_swapped else ""
    return f"{crs.name_of(system)}{swapped} ({system})"


class CommitForm(forms.Form):
    """Store the green rows; amber ones only with this tick."""

    with_amber = forms.BooleanField(label=_("Ghi cả các dòng vàng (tôi đã xem)"), required=False)

    def __init__(self, *args: Any, has_green: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with_amber"].required = not has_green  # else there would be nothing to store
