"""The database itself refuses to change an activated commission plan or its rules.

The one exception: a version that starts more than five seconds from now may become a draft again (`plans.withdraw`).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION advertisers_refuse_plan_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.starts_at IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.starts_at > clock_timestamp() + interval '5 seconds'
        AND NEW.starts_at IS NULL AND NEW.activated_at IS NULL
        AND (to_jsonb(NEW) - 'starts_at' - 'activated_at') = (to_jsonb(OLD) - 'starts_at' - 'activated_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'commission plan % is activated and never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER advertisers_commissionplan_immutable BEFORE UPDATE OR DELETE ON advertisers_commissionplan
    FOR EACH ROW EXECUTE FUNCTION advertisers_refuse_plan_change();

CREATE FUNCTION advertisers_refuse_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fixed bigint;
BEGIN
    -- FOR SHARE waits for an activation under way: a rule cannot slip into a plan that is just being fixed.
    -- A changed rule concerns two plans: the one it leaves and the one it enters.
    IF TG_OP <> 'INSERT' THEN
        PERFORM 1 FROM advertisers_commissionplan WHERE id = OLD.plan_id FOR SHARE;
        SELECT id INTO fixed FROM advertisers_commissionplan WHERE id = OLD.plan_id AND starts_at IS NOT NULL;
    END IF;
    IF fixed IS NULL AND TG_OP <> 'DELETE' THEN
        PERFORM 1 FROM advertisers_commissionplan WHERE id = NEW.plan_id FOR SHARE;
        SELECT id INTO fixed FROM advertisers_commissionplan WHERE id = NEW.plan_id AND starts_at IS NOT NULL;
    END IF;
    IF fixed IS NOT NULL THEN
        RAISE EXCEPTION 'commission plan % is activated, its rules never change', fixed
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER advertisers_commissionrule_immutable BEFORE INSERT OR UPDATE OR DELETE ON advertisers_commissionrule
    FOR EACH ROW EXECUTE FUNCTION advertisers_refuse_rule_change();
"""
BACKWARD = """
DROP TRIGGER advertisers_commissionrule_immutable ON advertisers_commissionrule;
DROP TRIGGER advertisers_commissionplan_immutable ON advertisers_commissionplan;
DROP FUNCTION advertisers_refuse_rule_change();
DROP FUNCTION advertisers_refuse_plan_change();
"""


class Migration(migrations.Migration):
    dependencies = [("advertisers", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
