"""What reports, quality and attribution want to know of an event beyond its link; rollups by dimension; ingest's own memory.

Clicks are found by their key (campaign, time, nonce); nobody read the indexes by link and by partnership, which cost
ingest a third of its speed.
"""

from django.db import migrations, models

EVENT = """
    ADD COLUMN region varchar(10) NOT NULL DEFAULT '',
    ADD COLUMN city varchar(80) NOT NULL DEFAULT '',
    ADD COLUMN language varchar(8) NOT NULL DEFAULT '',
    ADD COLUMN channel varchar(12) NOT NULL DEFAULT '',
    ADD COLUMN visitor bigint,
    ADD COLUMN extra jsonb"""

ADD = f"""
ALTER TABLE tracking_click {EVENT},
    ADD COLUMN connection varchar(10) NOT NULL DEFAULT '',
    ADD COLUMN landing_id bigint,
    ADD COLUMN smart_link_id bigint,
    ADD COLUMN coupon varchar(64) NOT NULL DEFAULT '',
    ADD COLUMN is_unique boolean NOT NULL DEFAULT false,
    ADD COLUMN is_test boolean NOT NULL DEFAULT false;
ALTER TABLE tracking_impression {EVENT},
    ADD COLUMN kind varchar(10) NOT NULL DEFAULT 'impression' CHECK (kind IN ('impression', 'viewable', 'open'));
DROP INDEX click_by_partnership, click_by_link, impression_by_partnership;
CREATE INDEX click_by_time ON tracking_click USING brin (at) WITH (autosummarize = on);
"""

REMOVE = """
DROP INDEX click_by_time;
CREATE INDEX click_by_partnership ON tracking_click (partnership_id, at);
CREATE INDEX click_by_link ON tracking_click (link_id, at);
CREATE INDEX impression_by_partnership ON tracking_impression (partnership_id, at);
ALTER TABLE tracking_click DROP region, DROP city, DROP language, DROP channel, DROP visitor, DROP extra,
    DROP connection, DROP landing_id, DROP smart_link_id, DROP coupon, DROP is_unique, DROP is_test;
ALTER TABLE tracking_impression DROP region, DROP city, DROP language, DROP channel, DROP visitor, DROP extra, DROP kind;
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0003_snapshot_changes")]

    operations = [
        migrations.RunSQL(ADD, REMOVE),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=100)),
                ("entry", models.CharField(help_text="its id in the stream", max_length=48)),
                ("event", models.BinaryField()),
                ("reason", models.CharField(max_length=40)),
                ("buried_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="StreamPosition",
            fields=[
                ("stream", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("epoch", models.CharField(blank=True, max_length=32)),
                ("position", models.CharField(default="0-0", max_length=48)),
                ("holder", models.CharField(blank=True, max_length=120)),
                ("held_until", models.DateTimeField(null=True)),
                ("wanted_by", models.CharField(blank=True, max_length=120)),
                ("moved_at", models.DateTimeField(null=True)),
                ("events", models.BigIntegerField(default=0, help_text="stored from here so far")),
            ],
            options={"db_table": "tracking_stream_position"},
        ),
        migrations.AddField(model_name="dailycount", name="opens", field=models.BigIntegerField(default=0)),
        migrations.AddField(
            model_name="dailycount",
            name="unique_clicks",
            field=models.BigIntegerField(default=0, help_text="of the valid ones"),
        ),
        migrations.AddField(
            model_name="dailycount", name="viewable_impressions", field=models.BigIntegerField(default=0)
        ),
        migrations.CreateModel(
            name="DailyBreakdown",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "campaign_id",
                        "day",
                        "partnership_id",
                        "dimension",
                        "value",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("partnership_id", models.BigIntegerField()),
                (
                    "dimension",
                    models.CharField(
                        choices=[
                            ("country", "Country"),
                            ("device", "Device"),
                            ("system", "Operating system"),
                            ("browser", "Browser"),
                            ("source", "Source"),
                            ("sub1", "Sub id 1"),
                            ("sub2", "Sub id 2"),
                            ("sub3", "Sub id 3"),
                            ("sub4", "Sub id 4"),
                            ("sub5", "Sub id 5"),
                            ("landing", "Landing page"),
                            ("creative", "Creative"),
                            ("smart_link", "Smart link"),
                            ("channel", "Channel"),
                            ("diversion", "Diversion"),
                            ("reason", "Reason"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.CharField(max_length=256)),
                ("impressions", models.BigIntegerField(default=0)),
                ("clicks", models.BigIntegerField(default=0)),
                ("unique_clicks", models.BigIntegerField(default=0)),
                ("invalid_clicks", models.BigIntegerField(default=0)),
                ("diverted_clicks", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["partnership_id", "dimension", "day"], name="breakdown_by_partnership")
                ],
            },
        ),
    ]
