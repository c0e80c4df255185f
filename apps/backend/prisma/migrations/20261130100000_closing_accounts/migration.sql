-- When an account was asked to be deleted. Its row goes after its last agent: until then the deletion is resumed after a crash.
ALTER TABLE "users" ADD COLUMN "closing_at" TIMESTAMPTZ(3);
CREATE INDEX "users_closing_at_idx" ON "users"("closing_at") WHERE "closing_at" IS NOT NULL;
