-- Skills that the owner switched on or off, by key: a rebuilt configuration keeps them.
ALTER TABLE "agents" ADD COLUMN "skill_switches" JSONB NOT NULL DEFAULT '{}';
