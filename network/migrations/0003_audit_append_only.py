from django.db import migrations

FORBID = """
CREATE FUNCTION network_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER network_auditentry_append_only BEFORE UPDATE OR DELETE ON network_auditentry
    FOR EACH ROW EXECUTE FUNCTION network_refuse_change();
CREATE TRIGGER network_auditentry_no_truncate BEFORE TRUNCATE ON network_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION network_refuse_change();
"""
ALLOW = """
DROP TRIGGER network_auditentry_no_truncate ON network_auditentry;
DROP TRIGGER network_auditentry_append_only ON network_auditentry;
DROP FUNCTION network_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0002_public_ids")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]
