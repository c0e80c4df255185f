-- A container may end before its first line: its mark then has no time of a line to be read on from.
ALTER TABLE "log_chunks" ALTER COLUMN "read_to" DROP NOT NULL;
