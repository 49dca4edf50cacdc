import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0013_erasures"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedConversion",
            fields=[
                (
                    "conversion",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tracking.conversion",
                    ),
                ),
                ("erased_at", models.DateTimeField()),
            ],
        ),
    ]
