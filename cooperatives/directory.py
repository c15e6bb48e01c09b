"""The farmer directory: which members an officer finds, and what of each; whom the public reads of.

A person stands in it only by a consent in force, and each field only where that person opened it (docs/domain.md §6).
What is not opened is neither shown nor filtered nor sorted by: else asking often would tell it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, CharField, F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from cooperatives.filters import DirectoryFilters, DirectoryPlaceFilters
from cooperatives.models import Cooperative, Grower, HolderKind
from people.models import Consent, ConsentField, Purpose

PUBLIC_AT_MOST = 500  # names on one page; cooperatives of the region have 30 to 300 members
_IN_USE = ~Q(plots__status="archived")


@dataclass(frozen=True, slots=True)
class Listed:
    """What an officer sees of one person: empty where it was not opened. `area_ha` is None without land opened.

    `may_ask_phone`: the person opened the phone and there is one; the number itself comes by a logged read.
    """

    pk: int
    name: str
    hamlet: str
    cooperative: str
    commune: str
    crops: tuple[str, ...]
    area_ha: float | None
    may_ask_phone: bool
    opened: tuple[str, ...]


def directory_rows(user: Any) -> QuerySet[Grower]:
    """Members whom the user finds as an officer, with `opened` and what was opened of hamlet and land."""
    consent = Consent.objects.live().filter(person=OuterRef("person"), purpose=Purpose.DIRECTORY)
    rows = Grower.objects.listed_for(user).annotate(opened=Subquery(consent.values("fields")[:1]))
    return rows.annotate(
        shown_hamlet=Case(
            When(opened__contains=[ConsentField.HAMLET.value], then=F("hamlet")),
            default=Value(""),
            output_field=CharField(),
        )
    )


def with_land(rows: QuerySet[Grower]) -> QuerySet[Grower]:
    """Add `shown_m2` and `shown_crops` of the plots in use, null where land was not opened.

    Plots belong to an app above, so they go by relation name.
    """
    is_open = Q(opened__contains=[ConsentField.LAND.value])
    summed = rows.annotate(
        summed_m2=Sum("plots__area_m2", filter=_IN_USE),
        crop_names=ArrayAgg("plots__crop__name_vi", filter=_IN_USE & Q(plots__crop__isnull=False), distinct=True),
    )
    return summed.annotate(shown_m2=Case(When(is_open, then=F("summed_m2")), output_field=FloatField()))


def found(user: Any, params: Mapping[str, Any], *, besides: Iterable[str] = ()) -> QuerySet[Grower]:
    """Return the members whom the filters find, sorted. Raises BadInput for parameters that cannot be read."""
    rows = with_land(directory_rows(user)).select_related("person", "cooperative__commune")
    rows = rows.defer(
        "cooperative__location", "cooperative__story", "cooperative__commune__boundary",
        "cooperative__commune__boundary_3857",
    )  # fmt: skip
    return DirectoryFilters.checked(params, rows, besides=tuple(besides))


def count_hidden(user: Any, params: Mapping[str, Any]) -> int:
    """Count the members who did not agree, in the places asked for. Other filters do not count here: a count under a
    name or a hamlet would say who is hidden."""
    asked = {name: value for name, value in params.items() if name in DirectoryPlaceFilters.parameters()}
    everyone = DirectoryPlaceFilters.checked(asked, Grower.objects.in_charge_of(user)).count()
    return everyone - DirectoryPlaceFilters.checked(asked, Grower.objects.listed_for(user)).count()


def listed(grower: Any) -> Listed:
    """Return what is shown of a row of `found`."""
    opened = tuple(grower.opened)
    has_land = ConsentField.LAND in opened
    return Listed(
        pk=grower.pk,
        name=grower.person.full_name,
        hamlet=grower.shown_hamlet,
        cooperative=str(grower.cooperative),
        commune=grower.cooperative.commune.name_vi,
        crops=tuple(sorted(grower.crop_names or ())) if has_land else (),
        area_ha=(grower.shown_m2 or 0) / 10_000 if has_land else None,
        may_ask_phone=ConsentField.PHONE in opened and bool(grower.person.phone_encrypted),
        opened=opened,
    )


def opened_by(grower: Grower) -> set[str]:
    """Return the fields that the member opened to officers; empty without a consent in force. Reads `live_consents`."""
    return {
        field
        for consent in grower.person.live_consents  # type: ignore[attr-defined]
        if consent.purpose == Purpose.DIRECTORY
        for field in consent.fields
    }


# --- What the public reads ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicGrower:
    """A member who agreed to be named in public; hamlet and phone are empty unless opened as well."""

    name: str
    hamlet: str
    phone: str


def public_growers(cooperative: Cooperative) -> list[PublicGrower]:
    """Return the members who agreed to be named, by name; nobody of a household or of an unverified cooperative.

    A phone stands there only with a consent to buyers' contact that opened it.
    """
    if cooperative.kind == HolderKind.HOUSEHOLD or cooperative.status != "verified":
        return []
    live = Consent.objects.live().filter(person=OuterRef("person"))
    rows = (
        Grower.objects.current()
        .filter(cooperative=cooperative)
        .annotate(
            named=Subquery(live.filter(purpose=Purpose.PUBLIC_NAME).values("fields")[:1]),
            called=Subquery(live.filter(purpose=Purpose.BUYER_CONTACT).values("fields")[:1]),
        )
        .filter(named__isnull=False)
        .select_related("person")
        .order_by("person__search_key", "pk")
    )
    return [
        PublicGrower(
            name=row.person.full_name,
            hamlet=row.hamlet if ConsentField.HAMLET in row.named else "",
            phone=row.person.phone if ConsentField.PHONE in (row.called or ()) else "",
        )
        for row in rows[:PUBLIC_AT_MOST]
    ]
