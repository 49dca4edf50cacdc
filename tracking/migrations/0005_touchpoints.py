"""The path to each conversion, who owns a customer, and the ways to find a visitor's other touches.

Only first clicks of a visitor on a link are indexed: repeats add nothing to a path, and cost ingest time.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = """
CREATE INDEX click_by_visitor ON tracking_click (visitor, at) WHERE is_unique;
CREATE INDEX impression_by_visitor ON tracking_impression (visitor, at) WHERE visitor IS NOT NULL AND kind <> 'open';
CREATE INDEX postback_waiting ON tracking_postback (campaign_id, (fields->>'order_id')) WHERE outcome = 'status_waits';
"""
DROP = "DROP INDEX click_by_visitor, impression_by_visitor, postback_waiting"


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0005_traffic"),
        ("publishers", "0003_link_channel"),
        ("tracking", "0004_event_details"),
    ]

    operations = [
        migrations.RunSQL(INDEXES, DROP),
        migrations.AddField(
            model_name="attribution",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("click", "Click"),
                    ("impression", "View"),
                    ("coupon", "Coupon code"),
                    ("publisher", "Named by the advertiser"),
                    ("customer", "Customer of the publisher"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="conversion",
            name="customer_key",
            field=models.CharField(blank=True, help_text="keyed hash of the advertiser's customer id", max_length=32),
        ),
        migrations.AddField(
            model_name="conversion",
            name="is_view_through",
            field=models.BooleanField(default=False, help_text="earned by a view, without a click"),
        ),
        migrations.CreateModel(
            name="CustomerOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer_key", models.CharField(max_length=32)),
                ("since", models.DateTimeField()),
                ("conversion_id", models.UUIDField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="advertisers.campaign"
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="publishers.partnership"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "customer_key"), name="customer_owned_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Touchpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("click", "Click"),
                            ("impression", "View"),
                            ("coupon", "Coupon code"),
                            ("publisher", "Named by the advertiser"),
                            ("customer", "Customer of the publisher"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("nonce", models.BigIntegerField(null=True)),
                ("link_id", models.BigIntegerField(null=True)),
                (
                    "channel",
                    models.CharField(blank=True, help_text="a publishers.Channel; empty: unknown", max_length=12),
                ),
                ("is_winner", models.BooleanField(default=False)),
                ("code", models.CharField(blank=True, max_length=40)),
                (
                    "conversion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="touchpoints",
                        to="tracking.conversion",
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="publishers.partnership"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("conversion", "position"), name="touchpoint_once")],
            },
        ),
    ]
