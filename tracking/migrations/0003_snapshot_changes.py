"""What the edge needs of the database beside the inbox: news of changed routes, and the answers to repeated batches.

Each statement that changes a source table of the snapshot leaves rows in `tracking_snapshot_change` (unlogged would be
lost in a crash; a notification alone is lost to whoever is not connected) and wakes the edges up. They read the changes
by transaction id: those of transactions that were still open at the last look are seen at the next one.
"""

from django.db import migrations

TABLES = """
CREATE TABLE tracking_snapshot_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    key text NOT NULL
);
CREATE INDEX snapshot_change_by_xid ON tracking_snapshot_change (xid);

CREATE TABLE tracking_idempotent_answer (
    campaign_id bigint NOT NULL,
    key varchar(255) NOT NULL,
    request_hash bytea NOT NULL,
    status_code smallint NOT NULL,
    answer text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campaign_id, key)
);
CREATE INDEX idempotent_answer_by_age ON tracking_idempotent_answer (at);

CREATE FUNCTION tracking_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    many bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO tracking_snapshot_change (kind, key) VALUES (TG_ARGV[0], '*');
    ELSE
        SELECT count(*) INTO many FROM changed;
        IF many = 0 THEN
            RETURN NULL;
        ELSIF many > 1000 THEN
            INSERT INTO tracking_snapshot_change (kind, key) VALUES (TG_ARGV[0], '*');
        ELSE
            EXECUTE format(
                'INSERT INTO tracking_snapshot_change (kind, key) SELECT DISTINCT %L, %I::text FROM changed',
                TG_ARGV[0], TG_ARGV[1]
            );
        END IF;
    END IF;
    PERFORM pg_notify('peyvand_snapshot', '');
    RETURN NULL;
END $$;
"""

SOURCES = [
    ("network_networksettings", "network", "id"),
    ("network_organization", "organization", "id"),
    ("advertisers_campaign", "campaign", "id"),
    ("advertisers_goal", "campaign", "campaign_id"),
    ("advertisers_commissionplan", "campaign", "campaign_id"),
    ("advertisers_creative", "creative", "id"),
    ("publishers_partnership", "partnership", "id"),
    ("publishers_trackinglink", "link", "code"),
]


def triggers(table: str, kind: str, key: str) -> str:
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION tracking_note_change('{kind}', '{key}');"
    return f"""
CREATE TRIGGER snapshot_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER snapshot_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER snapshot_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed {call}
CREATE TRIGGER snapshot_truncate AFTER TRUNCATE ON {table} {call}
"""


def drop(table: str) -> str:
    names = ("snapshot_insert", "snapshot_update", "snapshot_delete", "snapshot_truncate")
    return "".join(f"DROP TRIGGER {name} ON {table};\n" for name in names)


DROP = "DROP FUNCTION tracking_note_change; DROP TABLE tracking_snapshot_change, tracking_idempotent_answer;"


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0002_events"),
        ("network", "0001_initial"),
        ("advertisers", "0001_initial"),
        ("publishers", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            TABLES + "".join(triggers(*source) for source in SOURCES), "".join(drop(s[0]) for s in SOURCES) + DROP
        ),
    ]
