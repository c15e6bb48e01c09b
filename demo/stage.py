"""Sets the stage: cooperatives with seats, growers with invented names, certificates."""

import datetime as dt
from decimal import Decimal

from django.contrib.gis.geos import Point
from django.utils.timezone import localdate

from cooperatives.models import Certificate, CertificateKind, Cooperative, CooperativeStatus, Grower
from core.text import fold
from demo.cast import COOPERATIVES, HAMLETS, id_number, person_name, phone_number
from people.models import Person
from people.services import build_person
from places.models import AdministrativeUnit


def make_cooperatives() -> dict[str, Cooperative]:
    """Create the invented holders, verified; return them by slug."""
    communes = {
        unit.code: unit
        for unit in AdministrativeUnit.objects.current()
        .communes()
        .filter(code__in=[role.commune_code for role in COOPERATIVES])
    }
    made = {}
    for number, role in enumerate(COOPERATIVES):
        commune = communes[role.commune_code]
        made[role.slug] = Cooperative.objects.create(
            slug=role.slug,
            kind=role.kind,
            name=role.name,
            search_key=fold(role.name),
            status=CooperativeStatus.VERIFIED,
            commune=commune,
            location=_seat(commune, number),
            representative=person_name(9000 + number)[0],
            phone=phone_number(9000 + number),
            story=role.story,
            founded_on=dt.date(2010 + number, 3, 1),
        )
    return made


def _seat(commune: AdministrativeUnit, number: int) -> Point:
    centre = commune.centre
    if centre is None:
        raise ValueError(f"commune {commune.code} has no centre: load the reference data first")
    return Point(centre.x + 0.004 * (number % 3 - 1), centre.y + 0.003 * (number % 2), srid=4326)


def make_growers(cooperatives: list[Cooperative], total: int) -> int:
    """Create `total` invented persons, dealt out evenly as members of the cooperatives; return how many."""
    persons = []
    for number in range(total):
        name, sex = person_name(number)
        persons.append(
            build_person(
                name,
                birth_year=1950 + number % 45,
                sex=sex,
                phone=phone_number(number),
                id_number=id_number(number),
            )
        )
    Person.objects.bulk_create(persons, batch_size=500)
    Grower.objects.bulk_create(
        [
            Grower(
                cooperative=cooperatives[number % len(cooperatives)],
                person=person,
                number=f"TV{number // len(cooperatives) + 1:04d}",
                hamlet=HAMLETS[number % len(HAMLETS)],
                declared_area_ha=Decimal(120 + number % 90) / 100,
                joined_on=dt.date(2016 + number % 9, 1 + number % 12, 1),
            )
            for number, person in enumerate(persons)
        ],
        batch_size=500,
    )
    return total


def make_certificates(cooperatives: dict[str, Cooperative]) -> None:
    """Give most holders a certificate: some declared only, some long expired, some with OCOP stars."""
    today = localdate()
    kinds = (CertificateKind.VIETGAP, CertificateKind.GLOBALGAP, CertificateKind.OCOP, CertificateKind.ORGANIC)
    Certificate.objects.bulk_create(
        Certificate(
            cooperative=cooperative,
            kind=kinds[number % len(kinds)],
            number=f"DEMO-{number + 1:03d}",
            issuer="Tổ chức chứng nhận DEMO",
            stars=3 + number % 3 if kinds[number % len(kinds)] == CertificateKind.OCOP else None,
            area_ha=Decimal(40 + number),
            issued_on=today - dt.timedelta(days=900 if number == 5 else 200),
            valid_until=today + dt.timedelta(days=-170 if number == 5 else 365),
        )
        for number, cooperative in enumerate(cooperatives.values())
        if number != 7
    )
