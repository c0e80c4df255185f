-- For the filter by action: without it, a rare action of a long log is searched through all entries of the account.
CREATE INDEX "audit_log_owner_id_action_seq_idx" ON "audit_log"("owner_id", "action", "seq");
