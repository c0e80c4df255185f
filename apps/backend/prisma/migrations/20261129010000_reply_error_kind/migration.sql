-- Why a reply failed. Until now only the sentence said so.
CREATE TYPE "ReplyErrorKind" AS ENUM (
  'unreachable', 'unauthorized', 'quota', 'rate_limited', 'bad_response', 'timeout', 'budget', 'agent', 'stopped'
);
ALTER TABLE "replies" ADD COLUMN "kind" "ReplyErrorKind";
SELECT set_config('app.actor', 'service', true);
UPDATE "replies" SET "kind" = CASE "error" WHEN 'The agent was interrupted' THEN 'stopped' ELSE 'agent' END::"ReplyErrorKind"
  WHERE "state" = 'failed';
