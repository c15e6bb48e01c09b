"""Certificates keep a digest of what is printed on them: a new version is made when it changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("codes", "0010_drop_term_columns")]

    operations = [
        migrations.AddField(
            model_name="codecertificate",
            name="content_sha256",
            field=models.CharField(default="", editable=False, max_length=64),
        ),
    ]
