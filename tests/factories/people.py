"""Factories of private persons. Names are invented and found nowhere else, so that a leak shows."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from people import services
from people.models import Person

_NUMBERS = count(1)
PersonFactory = Callable[..., Person]


def make_person(**fields: Any) -> Person:
    """Create a person; takes `full_name, birth_year, sex, phone, id_number, address`."""
    number = next(_NUMBERS)
    full_name = fields.pop("full_name", f"Nguyễn Thử Nghiệm {number}")
    fields.setdefault("phone", f"0000{number:06d}")
    person = services.build_person(full_name, **fields)
    person.save()
    return person


@pytest.fixture
def person_factory(db: None) -> PersonFactory:
    """Return `make_person`, with the database open."""
    return make_person
