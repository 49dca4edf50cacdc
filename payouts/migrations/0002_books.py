"""The books: plain SQL, because the database itself keeps them balanced, append-only, sealed and above their floors.

Foreign keys are not deferrable, so that a posting in a wrong currency fails where it is written.
"""

from django.db import migrations

from network.currencies import EXPONENTS

CURRENCIES = ", ".join(f"('{code}', {exponent})" for code, exponent in EXPONENTS.items())

TABLES = f"""
CREATE TABLE currency (
  code char(3) PRIMARY KEY,
  exponent smallint NOT NULL CHECK (exponent BETWEEN 0 AND 4));
INSERT INTO currency (code, exponent) VALUES {CURRENCIES};

CREATE TABLE ledger_account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  owner_id bigint,
  currency char(3) NOT NULL REFERENCES currency,
  floor bigint,
  UNIQUE NULLS NOT DISTINCT (kind, owner_id, currency),
  UNIQUE (id, currency));
CREATE INDEX ledger_account_owner ON ledger_account (owner_id);

CREATE TABLE ledger_balance (
  account_id bigint PRIMARY KEY REFERENCES ledger_account,
  balance bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0);

CREATE TABLE journal_entry (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind text NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  fingerprint bytea NOT NULL,
  source_type text NOT NULL,
  source_id text NOT NULL,
  plan_version_id bigint,
  corrects_id uuid REFERENCES journal_entry,
  effective_at timestamptz NOT NULL CHECK (isfinite(effective_at)),
  posted_at timestamptz NOT NULL DEFAULT now(),
  created_xid xid8 NOT NULL DEFAULT pg_current_xact_id());
CREATE INDEX journal_entry_source ON journal_entry (source_type, source_id);

CREATE TABLE posting (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_id uuid NOT NULL REFERENCES journal_entry,
  from_account_id bigint NOT NULL,
  to_account_id bigint NOT NULL,
  currency char(3) NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  CHECK (from_account_id <> to_account_id),
  FOREIGN KEY (from_account_id, currency) REFERENCES ledger_account (id, currency),
  FOREIGN KEY (to_account_id, currency) REFERENCES ledger_account (id, currency));
CREATE INDEX posting_entry ON posting (entry_id);
CREATE INDEX posting_from ON posting (from_account_id, id);
CREATE INDEX posting_to ON posting (to_account_id, id);
"""  # noqa: S608  our own table

APPEND_ONLY = """
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger rows are append-only (%.%)', TG_TABLE_NAME, TG_OP USING ERRCODE = '23001';
END $$;
CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON journal_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER posting_no_change BEFORE UPDATE OR DELETE ON posting
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER posting_no_truncate BEFORE TRUNCATE ON posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER account_no_change BEFORE UPDATE OF id, kind, owner_id, currency OR DELETE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER account_no_truncate BEFORE TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER currency_no_change BEFORE UPDATE OR DELETE ON currency
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
"""

POSTING = """
CREATE FUNCTION ledger_open_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.floor IS NOT NULL THEN
    INSERT INTO ledger_balance (account_id) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_open AFTER INSERT ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_open_balance();

CREATE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE made xid8; acc bigint; bal bigint; flo bigint;
BEGIN
  SELECT created_xid INTO made FROM journal_entry WHERE id = NEW.entry_id;
  IF made IS DISTINCT FROM pg_current_xact_id() THEN            -- sealed when its database transaction ends
    RAISE EXCEPTION 'sealed journal entry %', NEW.entry_id USING ERRCODE = '23001';
  END IF;
  FOREACH acc IN ARRAY ARRAY[least(NEW.from_account_id, NEW.to_account_id),
                             greatest(NEW.from_account_id, NEW.to_account_id)] LOOP
    UPDATE ledger_balance SET
        balance = balance + CASE WHEN account_id = NEW.to_account_id THEN NEW.amount ELSE -NEW.amount END,
        version = version + 1
      WHERE account_id = acc RETURNING balance INTO bal;        -- row lock = serialisation point
    IF FOUND AND acc = NEW.from_account_id THEN
      SELECT floor INTO flo FROM ledger_account WHERE id = acc;
      IF bal < flo THEN
        RAISE EXCEPTION 'account % below floor', acc USING ERRCODE = '23514';
      END IF;
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER posting_post BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION ledger_post();
"""

LIFECYCLE = """
CREATE FUNCTION commission_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT (OLD.status || '>' || NEW.status) = ANY (ARRAY[
      'pending>approved', 'pending>declined', 'pending>held',
      'held>pending', 'held>approved', 'held>declined',
      'approved>locked', 'approved>held', 'approved>reversed',
      'locked>paid', 'locked>reversed', 'paid>reversed']) THEN
    RAISE EXCEPTION 'a commission does not go from % to %', OLD.status, NEW.status USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER commission_lifecycle BEFORE UPDATE OF status ON payouts_commission
  FOR EACH ROW EXECUTE FUNCTION commission_lifecycle();
CREATE TRIGGER commission_stays BEFORE DELETE ON payouts_commission
  FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
"""

DROP = """
DROP TRIGGER commission_stays ON payouts_commission;
DROP TRIGGER commission_lifecycle ON payouts_commission;
DROP FUNCTION commission_lifecycle;
DROP TABLE posting, journal_entry, ledger_balance, ledger_account, currency;
DROP FUNCTION ledger_post, ledger_open_balance, ledger_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("payouts", "0001_initial")]

    operations = [migrations.RunSQL(TABLES + APPEND_ONLY + POSTING + LIFECYCLE, DROP)]
