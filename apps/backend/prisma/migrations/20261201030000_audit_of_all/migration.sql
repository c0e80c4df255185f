-- For the list of all accounts, newest first: without it, each page sorts the whole log.
CREATE INDEX "audit_log_at_owner_id_seq_idx" ON "audit_log"("at", "owner_id", "seq");
