"""Request counters in an unlogged table: cheap to write, and nothing is lost when a crash empties them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_extensions")]
    operations = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope", "caller", "window_start", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.CharField(max_length=20)),
                ("caller", models.CharField(max_length=80)),
                ("window_start", models.BigIntegerField()),
                ("hits", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL("ALTER TABLE core_requestcount SET UNLOGGED", "ALTER TABLE core_requestcount SET LOGGED"),
    ]
