#!/bin/sh
# What the official image's entrypoint does for a server without scripts of its own: creates the database cluster once, with the
# user and the database that the environment names, then runs the server. https://github.com/docker-library/docs/tree/master/postgres
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?Database is uninitialized and superuser password is not specified}"
  user=${POSTGRES_USER:-postgres}
  umask 077
  mkdir -p "$PGDATA"
  secret=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$secret"
  initdb --username="$user" --pwfile="$secret" --auth-host=scram-sha-256 --auth-local=trust >/dev/null
  rm "$secret"
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  printf "listen_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
  # Only on the Unix socket, until the database exists.
  pg_ctl --wait --options="-c listen_addresses=''" start >/dev/null
  [ "${POSTGRES_DB:-$user}" = postgres ] || createdb --username="$user" --maintenance-db=postgres "${POSTGRES_DB:-$user}"
  pg_ctl --wait --mode=fast stop >/dev/null
fi
exec "$@"
