"""How the columns of this app may leave (see `core.personal`): a cell may hold a single plot."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "BaseFeature": NO_PERSONS,
    "GroundCell": NO_PERSONS,
    "LayerChange": NO_PERSONS,
    "LayerZoom": NO_PERSONS,
    "DensityCell": Columns(
        restricted=(
            "id", "level", "quad", "x", "y", "crop", "commune", "cooperative", "status", "plots", "area_dm2",
            "yield_kg",
        ),
    ),
}  # fmt: skip
