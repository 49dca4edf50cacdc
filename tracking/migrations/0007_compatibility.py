import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from tracking.snapshot import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0007_compatibility"),
        ("network", "0004_words_of_the_admin"),
        ("publishers", "0003_link_channel"),
        ("tracking", "0006_caps"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForeignClick",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "campaign_id",
                        "system",
                        "foreign_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("system", models.CharField(max_length=12)),
                ("foreign_id", models.CharField(max_length=128)),
                ("click_id", models.CharField(max_length=160)),
            ],
        ),
        migrations.CreateModel(
            name="ForeignId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.CharField(
                        choices=[
                            ("tune", "TUNE"),
                            ("everflow", "Everflow"),
                            ("cake", "CAKE"),
                            ("affise", "Affise"),
                            ("awin", "Awin"),
                            ("cj", "CJ"),
                            ("impact", "impact.com"),
                            ("scaleo", "Scaleo"),
                            ("voluum", "Voluum"),
                            ("keitaro", "Keitaro"),
                            ("binom", "Binom"),
                            ("redtrack", "RedTrack"),
                            ("tapfiliate", "Tapfiliate"),
                            ("custom", "Another system"),
                        ],
                        max_length=12,
                        verbose_name="system",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("campaign", "Campaign"),
                            ("publisher", "Publisher"),
                            ("creative", "Creative"),
                            ("goal", "Goal"),
                            ("link", "Link"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("foreign_id", models.CharField(max_length=128, verbose_name="id over there")),
                (
                    "name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Concat(
                            "system", models.Value(" "), "kind", models.Value(" "), "foreign_id"
                        ),
                        output_field=models.CharField(max_length=160),
                        unique=True,
                    ),
                ),
                ("accepts_unsigned", models.BooleanField(default=False)),
                (
                    "allowed_ips",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=43), blank=True, default=list
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="advertisers.campaign",
                    ),
                ),
                (
                    "creative",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="advertisers.creative",
                    ),
                ),
                (
                    "goal",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="advertisers.goal"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="publishers.trackinglink",
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="network.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "system__in",
                                [
                                    "tune",
                                    "everflow",
                                    "cake",
                                    "affise",
                                    "awin",
                                    "cj",
                                    "impact",
                                    "scaleo",
                                    "voluum",
                                    "keitaro",
                                    "binom",
                                    "redtrack",
                                    "tapfiliate",
                                    "custom",
                                ],
                            )
                        ),
                        name="foreign_id_system",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["campaign", "publisher", "creative", "goal", "link"])),
                        name="foreign_id_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("campaign__isnull", False), ("kind", "campaign")),
                            models.Q(("kind", "publisher"), ("publisher__isnull", False)),
                            models.Q(("creative__isnull", False), ("kind", "creative")),
                            models.Q(("goal__isnull", False), ("kind", "goal")),
                            models.Q(("kind", "link"), ("link__isnull", False)),
                            _connector="OR",
                        ),
                        name="foreign_id_stands_for_something",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            triggers.installed("tracking_foreignid", "foreign", "name"), triggers.removed("tracking_foreignid")
        ),
    ]
