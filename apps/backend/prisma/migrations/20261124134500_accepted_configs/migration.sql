-- Which configurations an image's own validator has accepted, so that each is asked about once.
CREATE TABLE "accepted_configs" (
  "image_id" TEXT NOT NULL,
  "shape" TEXT NOT NULL,
  "accepted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "accepted_configs_pkey" PRIMARY KEY ("image_id", "shape")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON "accepted_configs" TO agentbot_app;
