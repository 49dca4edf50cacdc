"""SQL that tells the edges of changes in a source table, for migrations: each statement leaves one row per changed key
in `tracking_snapshot_change` (migration 0003 has the function) and notifies.

    migrations.RunSQL(triggers.installed("advertisers_cap", "campaign", "campaign_id"), triggers.removed("advertisers_cap"))
"""

from typing import Final

_MOMENTS: Final = ("insert", "update", "delete", "truncate")


def installed(table: str, kind: str, key: str, name: str = "snapshot") -> str:
    """`name` tells triggers apart where a table is the source of several kinds."""
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION tracking_note_change('{kind}', '{key}');"
    return f"""
CREATE TRIGGER {name}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER {name}_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed {call}
CREATE TRIGGER {name}_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed {call}
CREATE TRIGGER {name}_truncate AFTER TRUNCATE ON {table} {call}
"""


def removed(table: str, name: str = "snapshot") -> str:
    return "".join(f"DROP TRIGGER {name}_{moment} ON {table};\n" for moment in _MOMENTS)
