-- Whatever changes what the list of agents shows is told to all processes: `<owner> <agent>`.
CREATE FUNCTION tell_agent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'agents' THEN
    IF TG_OP = 'DELETE' THEN
      PERFORM pg_notify('agents', OLD.owner_id || ' ' || OLD.id);
    ELSE
      PERFORM pg_notify('agents', NEW.owner_id || ' ' || NEW.id);
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM pg_notify('agents', OLD.owner_id || ' ' || OLD.agent_id);
  ELSE
    PERFORM pg_notify('agents', NEW.owner_id || ' ' || NEW.agent_id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER tell_list AFTER INSERT OR DELETE ON "agents" FOR EACH ROW EXECUTE FUNCTION tell_agent_change();
CREATE TRIGGER tell_list_update AFTER UPDATE ON "agents" FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tell_agent_change();
CREATE TRIGGER tell_list AFTER INSERT ON "messages" FOR EACH ROW EXECUTE FUNCTION tell_agent_change();
CREATE TRIGGER tell_list AFTER INSERT OR DELETE ON "agent_secrets" FOR EACH ROW EXECUTE FUNCTION tell_agent_change();
CREATE TRIGGER tell_list AFTER INSERT OR UPDATE OF "state" ON "operations" FOR EACH ROW EXECUTE FUNCTION tell_agent_change();
