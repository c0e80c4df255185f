-- Who watches the log of an agent that is deleted is told that there is no more of it.
CREATE OR REPLACE FUNCTION forget_agent_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM log_chunks WHERE agent_id = OLD.id;
  DELETE FROM log_views WHERE agent_id = OLD.id;
  PERFORM pg_notify('log_stops', OLD.id);
  RETURN NULL;
END $$;
