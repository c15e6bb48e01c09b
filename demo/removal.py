"""Takes the demonstration out again: holders, persons, accounts, codes, layers, and what the history kept of them."""

from pathlib import Path

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction

from codes.certificates import trust
from codes.models import CodeCounter, CodeScheme
from codes.reference import shipped_schemes
from demo import removal_sql as sql
from demo.accounts import accounts_file
from demo.casefiles import FIXED_PARTS
from demo.former_units import forget_former_units
from maps.layers import MAP_LAYERS
from maps.services import decide_zooms, note_changes, rebuild_cells


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Delete all demo and benchmark rows; return how many by table. As the owner role: nobody else deletes codes."""
    removed: dict[str, int] = {}
    histories = _histories()
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(sql.GONE)
        cursor.execute(sql.GONE_FILES)
        files = [name for (name,) in cursor.fetchall()]
        cursor.execute(sql.GONE_SNAPSHOTS)
        snapshots = [Path(settings.SNAPSHOT_DIR) / path for (path,) in cursor.fetchall()]
        for table, condition in sql.DELETIONS:
            if table in histories:
                cursor.execute(sql.delete_history(histories[table], table, condition))
            cursor.execute(sql.delete(table, condition))
            removed[table] = cursor.rowcount
    _reset_shipped_schemes()
    forget_former_units()
    rebuild_cells()
    decide_zooms(MAP_LAYERS)  # of what is left: the demonstration may have made a layer denser than it is now
    note_changes(("plots", "areas", "codes", "products", "cooperatives", "land-use"))
    transaction.on_commit(lambda: _forget_files(files, snapshots))
    return {table: rows for table, rows in removed.items() if rows}


def _histories() -> dict[str, str]:
    """Return history tables by the table they follow."""
    return {
        model.pgh_tracked_model._meta.db_table: model._meta.db_table
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model")
    }


def _reset_shipped_schemes() -> None:
    """Give the schemes back their real parts, and forget the counters of the province that does not exist."""
    shipped = {fields["slug"]: fields for fields in shipped_schemes()}
    for scheme in CodeScheme.objects.filter(fixed_parts=FIXED_PARTS):
        CodeCounter.objects.filter(scheme=scheme).delete()
        fields = shipped.get(scheme.slug, {})
        scheme.fixed_parts = fields.get("fixed_parts", {})
        scheme.is_confirmed = fields.get("is_confirmed", False)
        scheme.save(update_fields=["fixed_parts", "is_confirmed"])


def _forget_files(files: list[str], snapshots: list[Path]) -> None:
    for name in files:
        default_storage.delete(name)
    for path in snapshots:
        path.unlink(missing_ok=True)
    accounts_file().unlink(missing_ok=True)
    for path in trust.folder().glob("demo-*.pem"):
        path.unlink()
