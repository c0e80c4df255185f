-- A conversation is listed by its title: the first line of its first message, cut after a word to at most 60 characters.
ALTER TABLE "chat_sessions" ADD COLUMN "title" TEXT;

-- The tables' policies hold for their owner as well.
SELECT set_config('app.actor', 'service', true);
WITH first AS (
  SELECT DISTINCT ON (session_id) session_id,
    btrim(regexp_replace((regexp_match(content, '[^\r\n]*[^\s][^\r\n]*'))[1], '[[:cntrl:]\s]+', ' ', 'g')) AS line
  FROM "messages" WHERE sender = 'user' ORDER BY session_id, seq
)
UPDATE "chat_sessions" SET "title" = CASE
    WHEN length(line) <= 60 THEN line
    WHEN substr(line, 61, 1) = ' ' THEN left(line, 60)
    ELSE coalesce((regexp_match(left(line, 60), '^(.+)\s'))[1], left(line, 60))
  END
FROM first WHERE session_id = "chat_sessions"."id" AND line <> '';
