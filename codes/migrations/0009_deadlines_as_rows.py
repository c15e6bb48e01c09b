"""The two terms that were columns of a scheme become its first rows of StepDeadline."""

from django.db import migrations


def copy_terms(apps, schema_editor):
    """Keep what an administrator had entered; the legal reference is the scheme's."""
    deadline = apps.get_model("codes", "StepDeadline")
    for scheme in apps.get_model("codes", "CodeScheme").objects.all():
        shared = {
            "scheme": scheme,
            "legal_ref": scheme.legal_ref,
            "confidence": scheme.confidence,
            "valid_from": scheme.valid_from,
        }
        deadline.objects.create(step="decision", days=scheme.decision_days, **shared)
        deadline.objects.create(step="correction", days=scheme.correction_days, is_working_days=False, **shared)


class Migration(migrations.Migration):
    dependencies = [("codes", "0008_life_of_a_code_relations")]

    operations = [migrations.RunPython(copy_terms, migrations.RunPython.noop)]
