"""The terms of a scheme are rows of StepDeadline now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("codes", "0009_deadlines_as_rows")]

    operations = [
        migrations.RemoveField(
            model_name="codescheme",
            name="correction_days",
        ),
        migrations.RemoveField(
            model_name="codescheme",
            name="decision_days",
        ),
        migrations.RemoveField(
            model_name="codeschemehistory",
            name="correction_days",
        ),
        migrations.RemoveField(
            model_name="codeschemehistory",
            name="decision_days",
        ),
    ]
