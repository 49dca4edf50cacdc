"""SQL that tells the edges of changes in a source table, for migrations: each statement leaves one row per changed key
in `tracking_snapshot_change` (migration 0003 has the function) and notifies.

    migrations.RunSQL(triggers.installed("advertisers_cap", "campaign", "campaign_id"), triggers.removed("advertisers_cap"))
"""

from typing import Final

_NAMES: Final = ("snapshot_insert", "snapshot_update", "snapshot_delete", "snapshot_truncate")


def installed(table: str, kind: str, key: str) -> str:
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION tracking_note_change('{kind}', '{key}');"
    return f"""
CREATE TRIGGER snapshot_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER snapshot_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER snapshot_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed {call}
CREATE TRIGGER snapshot_truncate AFTER TRUNCATE ON {table} {call}
"""


def removed(table: str) -> str:
    return "".join(f"DROP TRIGGER {name} ON {table};\n" for name in _NAMES)
