-- What an entry is about beside an agent: the user, key, wallet or backup that the request named in its path.
ALTER TABLE "audit_log" ADD COLUMN "target" TEXT;

-- The field is hashed where there is one, so that the entries from before, and those without, keep the hashes that they have.
CREATE OR REPLACE FUNCTION audit_hash(entry "audit_log") RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(concat_ws(',',
    audit_field(entry.prev_hash), audit_field(entry.owner_id), audit_field(entry.seq::text),
    audit_field(to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
    audit_field(entry.actor_kind), audit_field(entry.actor_id), audit_field(entry.key_id), audit_field(entry.action),
    audit_field(entry.agent_id), audit_field(entry.ip), audit_field(entry.user_agent), audit_field(entry.outcome),
    audit_field(entry.status::text), audit_field(entry.code), audit_field(entry.request_id),
    CASE WHEN entry.target IS NOT NULL THEN audit_field(entry.target) END), 'UTF8')), 'hex')
$$;

GRANT INSERT ("target") ON "audit_log" TO agentbot_app;
