"""Two loaders for the test of `load_reference_data`."""


def first() -> str:
    return "first"


def second() -> str:
    return "second"


LOADERS = ("tests.places.loaders.first", "tests.places.loaders.second")
