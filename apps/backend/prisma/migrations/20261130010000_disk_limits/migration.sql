-- The size of each agent's data at its last measurement: the disk that it uses, and the length of its files. The problem is the
-- sentence for the owner while the data is past the limit of the plan.
ALTER TABLE "agents" ADD COLUMN "disk_bytes" BIGINT;
ALTER TABLE "agents" ADD COLUMN "disk_apparent_bytes" BIGINT;
ALTER TABLE "agents" ADD COLUMN "disk_measured_at" TIMESTAMPTZ(3);
ALTER TABLE "agents" ADD COLUMN "disk_problem" TEXT;
ALTER TABLE "agents" ADD COLUMN "disk_problem_since" TIMESTAMPTZ(3);

-- What a backup unpacks to; older backups do not say.
ALTER TABLE "backups" ADD COLUMN "data_bytes" BIGINT;
