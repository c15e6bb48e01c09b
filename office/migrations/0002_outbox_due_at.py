"""When a message is due: failed deliveries wait longer each time."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("office", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
