"""Which grants a user holds, and where.

A grant is a string `app.verb_noun`. Each app declares what it grants to which role; `geoapp.wiring.ROLE_GRANTS` lists
those tables, since accounts may not import the apps above it.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.timezone import localdate

from accounts.kept import is_kept, kept_answer
from accounts.models import OfficerPost
from accounts.roles import Role
from places.models import AdministrativeUnit, UnitLevel

# Which posts count where an act is an office level's: those at that level or above it.
LEVELS_FROM: dict[str, tuple[str, ...]] = {
    UnitLevel.PROVINCE: (UnitLevel.PROVINCE,),
    UnitLevel.COMMUNE: (UnitLevel.PROVINCE, UnitLevel.DISTRICT, UnitLevel.COMMUNE),
}
MOST_IDS = 500  # units of a province and their predecessors; more of them are looked up by the statement itself


@cache
def grants_of(role: str) -> frozenset[str]:
    """Return all grants of a role."""
    tables = import_string(settings.ROLE_GRANTS)
    return frozenset(grant for table in tables for grant in table.get(Role(role), ()))


@cache
def roles_with(grant: str) -> tuple[str, ...]:
    """Return the roles that hold a grant."""
    return tuple(role for role in Role.values if grant in grants_of(role))


def holds(user: Any, grant: str) -> bool:
    """Whether the user holds the grant at any unit."""
    if not user.is_authenticated or not user.is_active:
        return False
    if is_kept(user):
        return bool(posts_with(user, grant))
    return OfficerPost.objects.of(user).on(localdate()).filter(role__in=roles_with(grant)).exists()


def holds_at(user: Any, grant: str, unit: AdministrativeUnit, *, level: str = "") -> bool:
    """Whether the user holds the grant at `unit` or a unit above it; with `level`, by a post at that level or above.

    `level` is "commune" or "province": who is posted at a commune does not act where the province does.
    """
    units = units_with(user, grant, level=level)
    return user.is_authenticated and user.is_active and units.filter(pk=unit.pk).exists()


def units_with(user: Any, grant: str, *, level: str = "") -> Any:
    """Return the units (posts, everything below, and the former units that went into those) where the user holds the
    grant; empty for strangers. What a former commune left belongs to the one it went into.

    `level` as in `holds_at`.
    """
    posts, ids = reach_of(user, grant, level=level)
    if not posts:
        return AdministrativeUnit.objects.none()
    if ids is None:
        return AdministrativeUnit.objects.with_former(posts)
    return AdministrativeUnit.objects.filter(pk__in=ids)


def reach_of(user: Any, grant: str, *, level: str = "") -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Return all that the SQL of `units_with` depends on: the posts' units, and the ids that stand in it as numbers,
    None where the statement follows the units itself."""
    posts = posts_with(user, grant, level=level)
    if not posts or not is_kept(user):
        return posts, None

    def ask() -> tuple[int, ...]:
        return tuple(sorted(AdministrativeUnit.objects.with_former(posts).values_list("pk", flat=True)[: MOST_IDS + 1]))

    # Following units through reforms is planned and done in a millisecond: a third of a small tile.
    ids = kept_answer(user, ("units_with", posts), ask)
    return posts, ids if len(ids) <= MOST_IDS else None


def posts_with(user: Any, grant: str, *, level: str = "") -> tuple[int, ...]:
    """Return the ids of the units of the posts held today that give the grant, in order; `level` as in `holds_at`."""
    if not user.is_authenticated or not user.is_active:
        return ()
    today = localdate()

    def ask() -> tuple[int, ...]:
        posts = OfficerPost.objects.of(user).on(today).filter(role__in=roles_with(grant))
        if level:
            posts = posts.filter(unit__level__in=LEVELS_FROM[level])
        return tuple(sorted(set(posts.values_list("unit_id", flat=True))))

    return kept_answer(user, ("posts_with", grant, level, today), ask)
