from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import network.ids


def give_each_its_own(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Adding a column evaluates its default once, for all rows."""
    for name in ("Membership", "Invitation"):
        model = apps.get_model("network", name)
        for row in model.objects.all():
            row.public_id = network.ids.public_id()
            row.save(update_fields=["public_id"])


def field(*, unique: bool) -> models.Field:
    return models.CharField(default=network.ids.public_id, editable=False, max_length=12, unique=unique)


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]

    operations = [
        migrations.AddField("invitation", "public_id", field(unique=False)),
        migrations.AddField("membership", "public_id", field(unique=False)),
        migrations.RunPython(give_each_its_own, migrations.RunPython.noop),
        migrations.AlterField("invitation", "public_id", field(unique=True)),
        migrations.AlterField("membership", "public_id", field(unique=True)),
        migrations.AlterField(
            "user",
            "language",
            models.CharField(
                choices=[("en", "English"), ("fa", "فارسی")], default="en", max_length=5, verbose_name="language"
            ),
        ),
        migrations.AlterField(
            "user", "time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")
        ),
    ]
