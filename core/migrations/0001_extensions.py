"""PostgreSQL extensions. Where `ops/` made the cluster they are in the template already."""

from django.db import migrations

EXTENSIONS = ("postgis", "unaccent", "pg_trgm", "btree_gist")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(f"CREATE EXTENSION IF NOT EXISTS {name}", migrations.RunSQL.noop) for name in EXTENSIONS
    ]
