import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("office", "0004_messages_sent_at_most_once"),
        ("products", "0002_shops_confirmation_demands"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="số lần không mở được liền nhau"),
        ),
        migrations.AddField(
            model_name="producerphoto",
            name="height",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="cao (điểm ảnh)"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="producerphoto",
            name="width",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="rộng (điểm ảnh)"),
            preserve_default=False,
        ),
        # No photo is stored yet: the pages that add them come with this migration.
        migrations.AddField(
            model_name="producerphoto",
            name="small",
            field=models.ForeignKey(
                default=None, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="office.document"
            ),
            preserve_default=False,
        ),
    ]
