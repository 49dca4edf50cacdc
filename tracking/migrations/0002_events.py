"""The partitioned tables of raw events: Django reads them, ingest and the edge write them with COPY and plain SQL.

Each has a DEFAULT partition, so that no event is ever refused for its time; `tracking.partitions` makes the daily ones.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

EVENT = """
    campaign_id bigint NOT NULL,
    at timestamptz NOT NULL,
    nonce bigint NOT NULL,
    partnership_id bigint NOT NULL,
    link_id bigint NOT NULL,
    creative_id bigint,
    plan_version integer NOT NULL DEFAULT 0 CHECK (plan_version >= 0),
    day date NOT NULL,
    verdict varchar(8) NOT NULL DEFAULT 'valid' CHECK (verdict IN ('valid', 'suspect', 'invalid')),
    reasons varchar(40)[] NOT NULL DEFAULT '{}',
    consent varchar(8) NOT NULL DEFAULT 'unknown',
    ip inet,
    user_agent varchar(512),
    referrer varchar(512) NOT NULL DEFAULT '',
    country varchar(2) NOT NULL DEFAULT '',
    device varchar(20) NOT NULL DEFAULT '',
    system varchar(40) NOT NULL DEFAULT '',
    browser varchar(40) NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL
"""

CLICK = f"""
CREATE TABLE tracking_click ({EVENT},
    subs varchar(256)[] NOT NULL DEFAULT '{{}}',
    source varchar(256) NOT NULL DEFAULT '',
    diverted varchar(40) NOT NULL DEFAULT '',
    CONSTRAINT click_once PRIMARY KEY (campaign_id, at, nonce)
) PARTITION BY RANGE (at);
CREATE INDEX click_by_partnership ON tracking_click (partnership_id, at);
CREATE INDEX click_by_link ON tracking_click (link_id, at);
CREATE TABLE tracking_click_default PARTITION OF tracking_click DEFAULT;
"""

IMPRESSION = f"""
CREATE TABLE tracking_impression ({EVENT},
    CONSTRAINT impression_once PRIMARY KEY (campaign_id, at, nonce)
) PARTITION BY RANGE (at);
CREATE INDEX impression_by_partnership ON tracking_impression (partnership_id, at);
CREATE TABLE tracking_impression_default PARTITION OF tracking_impression DEFAULT;
"""

POSTBACK = """
CREATE TABLE tracking_postback (
    campaign_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    id uuid NOT NULL,
    channel varchar(8) NOT NULL CHECK (channel IN ('server', 'batch', 'tag', 'pixel', 'page')),
    method varchar(4) NOT NULL DEFAULT 'GET',
    raw text NOT NULL DEFAULT '',
    fields jsonb NOT NULL DEFAULT '{}',
    ip inet,
    user_agent varchar(512) NOT NULL DEFAULT '',
    status_code smallint NOT NULL CHECK (status_code > 0),
    answer jsonb NOT NULL DEFAULT '{}',
    accepted boolean NOT NULL,
    processed_at timestamptz,
    outcome varchar(40) NOT NULL DEFAULT '',
    conversion_id uuid,
    CONSTRAINT postback_once PRIMARY KEY (campaign_id, received_at, id)
) PARTITION BY RANGE (received_at);
CREATE INDEX postback_unprocessed ON tracking_postback (received_at) WHERE accepted AND processed_at IS NULL;
CREATE INDEX postback_by_id ON tracking_postback (id);
CREATE INDEX postback_by_order ON tracking_postback (campaign_id, (fields->>'order_id'));
CREATE INDEX postback_by_conversion ON tracking_postback (conversion_id) WHERE conversion_id IS NOT NULL;
CREATE TABLE tracking_postback_default PARTITION OF tracking_postback DEFAULT;
"""

DROP = "DROP TABLE tracking_click, tracking_impression, tracking_postback"


class Migration(migrations.Migration):
    dependencies = [("tracking", "0001_initial")]

    operations = [
        migrations.RunSQL(CLICK + IMPRESSION + POSTBACK, DROP),
        migrations.AddField(
            model_name="conversion",
            name="flags",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list),
        ),
        migrations.AddIndex(
            model_name="conversion",
            index=models.Index(
                fields=["received_at"],
                condition=models.Q(("partnership__isnull", False), ("subs", None)),
                name="conversion_lacks_subs",
            ),
        ),
    ]
