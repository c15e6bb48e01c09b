"""Editions of the class list read in each other's words: Circular 08/2024/TT-BTNMT says which old codes a class has.

`LandUseClass.replaces` of the newer edition holds the old codes by commas ("LUK, LUN"). The whole list is some forty
rows, so it is read once and worked on here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from landuse.models import ClassScheme, LandUseClass

_SEPARATORS = re.compile(r"[\s,;]+")


def old_codes(text: str) -> tuple[str, ...]:
    """Return the codes in a `replaces` text, upper case, in their order."""
    return tuple(part.upper() for part in _SEPARATORS.split(text) if part)


def meant_by(code: str) -> set[int]:
    """Return the ids of all classes that a code stands for, in whatever edition it is known.

    The class of that code; classes of newer editions that took the code in; and the old classes that a class of that
    code took in. `HNK` finds BHK and NHK of the list before, `NHK` finds HNK of today's.
    """
    asked = code.strip().upper()
    classes = list(LandUseClass.objects.all())
    exact = [item for item in classes if item.code.upper() == asked]
    newer = [item for item in classes if asked in old_codes(item.replaces)]
    taken_in = {old for item in exact for old in old_codes(item.replaces)}
    schemes = {item.scheme_id for item in exact if item.replaces}
    older = [item for item in classes if item.code.upper() in taken_in and item.scheme_id not in schemes]
    return {item.pk for item in (*exact, *newer, *older)}


@dataclass(frozen=True, slots=True)
class Reading:
    """Classes of some edition in the words of `scheme`: class id -> the class to show. Without a successor: itself."""

    scheme: ClassScheme
    classes: dict[int, LandUseClass]

    def of(self, class_id: int) -> LandUseClass:
        """Return the class to show for a class."""
        return self.classes[class_id]


def read_in(scheme: ClassScheme, class_ids: Iterable[int]) -> Reading:
    """Return how classes, of any edition, read in `scheme`; an older edition can't say what a newer one merged."""
    wanted = LandUseClass.objects.filter(pk__in=set(class_ids)).select_related("scheme")
    successor = {old: item for item in scheme.classes.all() for old in old_codes(item.replaces)}
    own = {item.code.upper(): item for item in scheme.classes.all()}
    classes = {}
    for item in wanted:
        is_older = item.scheme.valid_from < scheme.valid_from
        found = successor.get(item.code.upper()) or own.get(item.code.upper()) if is_older else None
        classes[item.pk] = found or item
    return Reading(scheme, classes)


def newest(*schemes: ClassScheme) -> ClassScheme:
    """Return the edition that came last."""
    return max(schemes, key=lambda scheme: scheme.valid_from)


def later_editions(scheme: ClassScheme) -> list[ClassScheme]:
    """Return the editions after `scheme`, in which a layer of it can be read; the newest first."""
    return list(ClassScheme.objects.filter(valid_from__gt=scheme.valid_from).order_by("-valid_from", "pk"))
