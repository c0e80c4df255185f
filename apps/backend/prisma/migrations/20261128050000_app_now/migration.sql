-- The database's clock. Leases, heartbeats and samples are shared by processes whose clocks may differ, so their times are compared
-- with this one. A function of its own lets a test set the time of its database; here it has no setting that could be wrong.
CREATE FUNCTION app_now() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() $$;

ALTER TABLE replies ALTER COLUMN alive_at SET DEFAULT app_now();
