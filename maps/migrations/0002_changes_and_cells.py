"""Layer changes instead of counters; cells by cooperative with exact areas; drawing that survives a bad row."""

import django.db.models.deletion
from django.db import migrations, models

# Draws one shape, or nothing when PostGIS fails on it. Only used after a tile has failed as a whole: an exception
# block costs a subtransaction per row.
TILE_SHAPE = """
CREATE FUNCTION maps_tile_shape(shape geometry, box geometry, extent integer, buffer integer, clip boolean)
RETURNS geometry LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT ST_IsValid(shape) THEN
        RETURN NULL;
    END IF;
    IF ST_SRID(shape) <> 3857 THEN
        shape := ST_Transform(shape, 3857);
    END IF;
    RETURN ST_AsMVTGeom(shape, box::box2d, extent, buffer, clip);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$
"""


def _key(to: str) -> models.ForeignKey:
    return models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("maps", "0001_initial"),
        ("cooperatives", "0002_initial"),
        ("crops", "0001_initial"),
        ("places", "0001_initial"),
    ]

    operations = [
        migrations.DeleteModel(name="LayerVersion"),
        migrations.DeleteModel(name="DensityCell"),
        migrations.CreateModel(
            name="LayerChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("layer", models.CharField(max_length=40)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"indexes": [models.Index(fields=["layer", "id"], name="layer_change_latest")]},
        ),
        migrations.CreateModel(
            name="DensityCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("x", models.PositiveIntegerField()),
                ("y", models.PositiveIntegerField()),
                ("status", models.CharField(max_length=12)),
                ("plots", models.IntegerField()),
                ("area_dm2", models.BigIntegerField()),
                ("is_folded", models.BooleanField(default=False)),
                ("commune", _key("places.administrativeunit")),
                ("cooperative", _key("cooperatives.cooperative")),
                ("crop", _key("crops.crop")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["x", "y"], name="density_cell_place"),
                    models.Index(condition=models.Q(is_folded=False), fields=["id"], name="density_cell_fresh"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(is_folded=True),
                        fields=("x", "y", "crop", "commune", "cooperative", "status"),
                        name="density_cell_folded_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(TILE_SHAPE, "DROP FUNCTION maps_tile_shape(geometry, geometry, integer, integer, boolean)"),
    ]
