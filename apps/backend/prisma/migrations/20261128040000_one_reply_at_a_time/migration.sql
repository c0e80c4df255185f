-- When a reply's turn came in its session; until then it waits behind earlier ones and nobody has heard its message.
ALTER TABLE "replies" ADD COLUMN "begun_at" TIMESTAMPTZ(3);
-- Until now every message was sent at once.
SELECT set_config('app.actor', 'service', true);
UPDATE "replies" SET "begun_at" = "created_at" WHERE "state" = 'pending';
