"""How the columns of this app may leave (see `core.personal`): units are published acts."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "AdministrativeUnit": NO_PERSONS,
    "UnitSuccession": NO_PERSONS,
    "UnitPiece": NO_PERSONS,
}
