"""How long clicks' visitors stay on the advertiser's pages; whether buyers hide their address."""

from django.db import migrations, models

CREATE = """
CREATE TABLE tracking_stay (
    campaign_id bigint NOT NULL, at timestamptz NOT NULL, nonce bigint NOT NULL, partnership_id bigint NOT NULL,
    stayed_ms integer CHECK (stayed_ms >= 0), PRIMARY KEY (campaign_id, at, nonce)
) PARTITION BY RANGE (at);
CREATE TABLE tracking_stay_default PARTITION OF tracking_stay DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0015_foreign_accounts")]

    operations = [
        migrations.RunSQL(CREATE, "DROP TABLE tracking_stay"),
        migrations.CreateModel(
            name="Stay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "campaign_id", "at", "nonce", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("at", models.DateTimeField(help_text="of the click")),
                ("nonce", models.BigIntegerField()),
                ("partnership_id", models.BigIntegerField()),
                (
                    "stayed_ms",
                    models.IntegerField(help_text="null: she arrived, and has not been seen leaving", null=True),
                ),
            ],
            options={"db_table": "tracking_stay", "managed": False},
        ),
        migrations.CreateModel(
            name="DailyStays",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "partnership_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("partnership_id", models.BigIntegerField()),
                ("day", models.DateField(help_text="in the campaign's time zone")),
                ("arrived", models.BigIntegerField(default=0)),
                ("left", models.BigIntegerField(default=0)),
                ("short", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="qualityfacts",
            name="is_hidden",
            field=models.BooleanField(help_text="behind a VPN, proxy or Tor; null: not to be known", null=True),
        ),
    ]
