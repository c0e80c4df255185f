-- The order in which messages are read: a reply follows its message, although a message sent meanwhile was stored before it.
ALTER TABLE "messages" ADD COLUMN "turn" BIGINT;
SELECT set_config('app.actor', 'service', true);
UPDATE "messages" SET "turn" = "seq";
UPDATE "messages" m SET "turn" = q."seq" FROM "replies" r JOIN "messages" q ON q."id" = r."id" WHERE r."message_id" = m."id";

CREATE FUNCTION set_message_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.turn := COALESCE(NEW.turn, NEW.seq);
  RETURN NEW;
END $$;
CREATE TRIGGER set_turn BEFORE INSERT ON "messages" FOR EACH ROW EXECUTE FUNCTION set_message_turn();
ALTER TABLE "messages" ALTER COLUMN "turn" SET NOT NULL;

CREATE FUNCTION set_reply_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE messages SET turn = (SELECT seq FROM messages WHERE id = NEW.id) WHERE id = NEW.message_id;
  RETURN NULL;
END $$;
CREATE TRIGGER set_reply_turn AFTER UPDATE OF "message_id" ON "replies" FOR EACH ROW EXECUTE FUNCTION set_reply_turn();

CREATE INDEX "messages_agent_id_turn_seq_idx" ON "messages"("agent_id", "turn", "seq");
CREATE INDEX "messages_owner_id_turn_seq_idx" ON "messages"("owner_id", "turn", "seq");
CREATE INDEX "messages_session_id_turn_seq_idx" ON "messages"("session_id", "turn", "seq");
