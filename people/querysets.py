"""Reads on persons and consents."""

from typing import Self

from django.db.models import Exists, OuterRef, QuerySet

from core.text import fold


class PersonQuerySet(QuerySet):
    """Persons chain; there is no public reader of this table."""

    def search(self, text: str) -> Self:
        """Persons whose name contains `text`, without regard to diacritics."""
        return self.filter(search_key__contains=fold(text))

    def consenting(self, purpose: str) -> Self:
        """Persons with a consent for `purpose` in force."""
        from people.models import Consent

        return self.filter(Exists(Consent.objects.live().filter(person=OuterRef("pk"), purpose=purpose)))


class ConsentQuerySet(QuerySet):
    """Consents chain: `Consent.objects.live().filter(purpose=...)`."""

    def live(self) -> Self:
        """Consents not withdrawn."""
        return self.filter(withdrawn_at=None)
