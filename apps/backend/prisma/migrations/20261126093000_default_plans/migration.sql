-- Until now the dashboard's form wrote the plan of every agent that was saved into its configuration, which from now on says
-- that somebody named it: what nobody was asked about stays the default.
SELECT set_config('app.actor', 'service', true);
UPDATE agents SET config = config - 'plan' WHERE plan = 'label' AND config ->> 'plan' = 'label';
