"""Fixtures of every test: the factories of the apps, written out (add yours here, one line each)."""

pytest_plugins = [
    "tests.database",
    "tests.static_files",
    "tests.people",
    "tests.factories.places",
    "tests.factories.people",
    "tests.factories.crops",
    "tests.factories.cooperatives",
    "tests.factories.farms",
]
