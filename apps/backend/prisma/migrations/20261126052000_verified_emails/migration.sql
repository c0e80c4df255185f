-- Since when an account's email is known to be its owner's: null for one that was only typed in at sign-up.
ALTER TABLE "users" ADD COLUMN "email_verified_at" TIMESTAMPTZ(3);

-- Accounts that GitHub or Google opened had to have theirs verified there.
SELECT set_config('app.actor', 'service', true);
UPDATE "users" SET "email_verified_at" = "created_at" WHERE EXISTS (SELECT 1 FROM "identities" i WHERE i.owner_id = "users".id);
