"""The density pyramid instead of cells of one level, and where shapes begin. Cells are counted anew from the plots.

The old cells are derived data and go; `FILL` is what `manage.py rebuild_tiles` does, as one statement of its own, so
that an installation's far-out tiles are right the moment the migration is done.
"""

import django.db.models.deletion
from django.db import migrations, models

BASE, FRESH = 18, 0

# Plots become fresh deltas, which every reader counts; the worker's fold puts them into the levels within seconds.
_BITS = " | ".join(
    f"(((g.{axis}::bigint >> {bit}) & 1) << {2 * bit + shift})"
    for bit in range(BASE)
    for shift, axis in ((0, "x"), (1, "y"))
)
FILL = f"""
INSERT INTO maps_densitycell (level, quad, x, y, crop_id, commune_id, cooperative_id, status, plots, area_dm2, yield_kg)
SELECT {FRESH}, {_BITS}, g.* FROM (
    SELECT floor(((ST_XMin(boundary_3857) + ST_XMax(boundary_3857)) / 2 + 20037508.342789244)
                 / 152.8740565703525)::int AS x,
           floor((20037508.342789244 - (ST_YMin(boundary_3857) + ST_YMax(boundary_3857)) / 2)
                 / 152.8740565703525)::int AS y,
           crop_id, commune_id, cooperative_id, status, count(*)::int,
           sum(round(area_m2 * 100)::bigint)::bigint,
           sum(round(coalesce(expected_yield_t, 0) * 1000)::bigint)::bigint
    FROM farms_plot GROUP BY 1, 2, 3, 4, 5, 6) g
"""
# The fold empties the deltas once a second; without this they would lie dead for long beside a large pyramid.
VACUUM_OFTEN = """
ALTER TABLE maps_densitycell SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)
"""


def _key(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=to
    )


class Migration(migrations.Migration):
    dependencies = [
        ("maps", "0003_base_features"),
        ("cooperatives", "0002_initial"),
        ("crops", "0001_initial"),
        ("places", "0001_initial"),
        ("farms", "0004_whole_plot"),
    ]

    operations = [
        migrations.DeleteModel(name="DensityCell"),
        migrations.CreateModel(
            name="DensityCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
                ("quad", models.BigIntegerField()),
                ("x", models.PositiveIntegerField()),
                ("y", models.PositiveIntegerField()),
                ("status", models.CharField(max_length=12)),
                ("plots", models.IntegerField()),
                ("area_dm2", models.BigIntegerField()),
                ("yield_kg", models.BigIntegerField()),
                ("commune", _key("places.administrativeunit")),
                ("cooperative", _key("cooperatives.cooperative")),
                ("crop", _key("crops.crop")),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("level", FRESH)), fields=["quad"], name="density_cell_fresh")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("level__gt", FRESH)),
                        fields=("level", "quad", "crop", "commune", "cooperative", "status"),
                        name="density_cell_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LayerZoom",
            fields=[
                ("layer", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("shapes_from", models.PositiveSmallIntegerField()),
                ("densest", models.PositiveIntegerField()),
                ("decided_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("shapes_from__lte", 22)), name="layer_zoom_is_zoom")
                ]
            },
        ),
        migrations.RunSQL(VACUUM_OFTEN, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
