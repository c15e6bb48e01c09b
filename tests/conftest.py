"""Fixtures of every test: the factories of the apps, written out (add yours here, one line each).

A module stands before those that import it: pytest must see it first to explain its assertions.
"""

pytest_plugins = [
    "tests.loading",
    "tests.order",
    "tests.passwords",
    "tests.database",
    "tests.emptying",
    "tests.language",
    "tests.static_files",
    "tests.factories.places",
    "tests.factories.office",
    "tests.factories.people",
    "tests.factories.crops",
    "tests.factories.landuse",
    "tests.factories.cooperatives",
    "tests.factories.farms",
    "tests.factories.codes",
    "tests.factories.certificates",
    "tests.factories.casework",
    "tests.factories.products",
    "tests.people",
]
