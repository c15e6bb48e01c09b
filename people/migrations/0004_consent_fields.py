"""Fields of consents, who recorded and withdrew them. Earlier consents get the fields that their text named."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Text 2026-1 and papers before it: the directory held name, hamlet and phone; buyers wrote through the unit only.
NAMED = {"directory": ["name", "hamlet", "phone"], "public_name": ["name"]}


def fill_fields(apps, schema_editor):
    for purpose, fields in NAMED.items():
        apps.get_model("people", "Consent").objects.filter(purpose=purpose).update(fields=fields)


class Migration(migrations.Migration):
    dependencies = [
        ("office", "0004_messages_sent_at_most_once"),
        ("people", "0003_consent_codes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="fields",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("name", "Họ và tên"),
                        ("hamlet", "Ấp, khóm"),
                        ("phone", "Số điện thoại"),
                        ("land", "Cây trồng và diện tích"),
                    ],
                    max_length=10,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="thông tin được mở",
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="consentcode",
            name="fields",
            field=models.JSONField(default=dict, verbose_name="thông tin được mở"),
        ),
        migrations.RunPython(fill_fields, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("purpose", "directory"),
                        ("fields__contained_by", ["name", "hamlet", "phone", "land"]),
                        ("fields__contains", ["name"]),
                    ),
                    models.Q(
                        ("purpose", "public_name"),
                        ("fields__contained_by", ["name", "hamlet"]),
                        ("fields__contains", ["name"]),
                    ),
                    models.Q(("purpose", "public_outline"), ("fields__contained_by", [])),
                    models.Q(("purpose", "buyer_contact"), ("fields__contained_by", ["phone"])),
                    models.Q(("purpose", "messages"), ("fields__contained_by", [])),
                    _connector="OR",
                ),
                name="consent_fields_of_purpose",
            ),
        ),
    ]
