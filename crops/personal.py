"""How the columns of this app may leave (see `core.personal`): lists of crops name nobody."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "Crop": NO_PERSONS,
    "Variety": NO_PERSONS,
    "YieldNorm": NO_PERSONS,
}
