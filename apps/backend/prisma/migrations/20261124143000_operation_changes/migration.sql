-- Every change of an operation or of one of its steps is told to all processes, whoever makes it.
CREATE FUNCTION tell_operation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('operations', CASE TG_TABLE_NAME WHEN 'operations' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'operation_id' END);
  RETURN NULL;
END $$;

CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON "operations" FOR EACH ROW EXECUTE FUNCTION tell_operation_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON "operation_steps" FOR EACH ROW EXECUTE FUNCTION tell_operation_change();
