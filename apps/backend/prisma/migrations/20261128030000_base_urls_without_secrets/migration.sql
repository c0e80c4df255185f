-- A base URL could be saved with a password, a query or a fragment, and was shown with them. No call got through with one, so
-- nothing that works is lost.
SELECT set_config('app.actor', 'service', true);
UPDATE agents SET config = jsonb_set(
  config, '{baseUrl}',
  to_jsonb(regexp_replace(regexp_replace(config ->> 'baseUrl', '[?#].*$', ''), '^(\s*[A-Za-z]+:[/\\]*)[^/\\]*@', '\1'))
) WHERE config ->> 'baseUrl' ~ '[?#@]';
