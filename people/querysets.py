"""Reads on persons and consents."""

from typing import Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.text import fold, fold_telex


class PersonQuerySet(QuerySet):
    """Persons chain; there is no public reader of this table."""

    def search(self, text: str) -> Self:
        """Persons whose name contains `text`, without regard to diacritics and where the tone stands; telex is read."""
        return self.filter(named("search_key", text))

    def consenting(self, purpose: str) -> Self:
        """Persons with a consent for `purpose` in force."""
        return self.filter(agrees("pk", purpose))


def agrees(person: str, purpose: str, field: str = "") -> Exists:
    """Return whether the person at this path has a consent for `purpose` in force, which opens `field` if named."""
    from people.models import Consent

    rows = Consent.objects.live().filter(person=OuterRef(person), purpose=purpose)
    return Exists(rows.filter(fields__contains=[field]) if field else rows)


def named(search_key: str, text: str) -> Q:
    """Return the condition that the name at `search_key` contains `text`, however it is written."""
    condition = Q(**{f"{search_key}__contains": fold(text)})
    typed = fold_telex(text)
    return condition if typed == fold(text) else condition | Q(**{f"{search_key}__contains": typed})


class ConsentQuerySet(QuerySet):
    """Consents chain: `Consent.objects.live().filter(purpose=...)`."""

    def live(self) -> Self:
        """Consents not withdrawn."""
        return self.filter(withdrawn_at=None)
