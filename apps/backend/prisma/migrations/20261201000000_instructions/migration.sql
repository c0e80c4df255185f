-- What the owner wants a new agent to be: the first SOUL.md of its workspace, and its prompt while it has no container.
ALTER TABLE "agents" ADD COLUMN "instructions" TEXT;
