-- The images that this installation has pulled: those, and no others, are removed when no agent uses them.
CREATE TABLE "pulled_images" (
  "image" TEXT NOT NULL,
  "pulled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "pulled_images_pkey" PRIMARY KEY ("image")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "pulled_images" TO agentbot_app;
