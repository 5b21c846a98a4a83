#!/bin/bash
# Makes the primary's cluster if there is none, brings roles and databases up to date, then becomes the server.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
require DATABASES POSTGRES_PASSWORD OWNER_PASSWORD APP_RW_PASSWORD APP_RO_PASSWORD WORKER_PASSWORD REPLICATOR_PASSWORD
prepare

if ! cluster_exists; then
    # The locale is C, so that text sorts alike on every system. The pg_hba.conf that initdb writes lets nobody in: ours
    # is used instead.
    initdb -D "$PGDATA.new" --username="$POSTGRES_USER" --auth=reject --encoding=UTF8 --locale=C --data-checksums \
        --no-instructions ${no_sync:+"$no_sync"} >/dev/null
    publish_cluster
fi
await_previous

# Before clients are let in, roles.sql runs on a server that listens on nothing but a socket in a private directory.
# Below /tmp, since the path of a socket may have only about 100 bytes.
private=$(mktemp -d /tmp/postgres.XXXXXX)
server=
clean_up() {
    [ -z "$server" ] || kill -INT "$server" 2>/dev/null || true
    rm -rf "$private"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo 'local all all trust' >"$private/pg_hba.conf"
serve -c listen_addresses= -c unix_socket_directories="$private" -c hba_file="$private/pg_hba.conf" \
    -c synchronous_standby_names= -c log_min_messages=fatal &
server=$!
# It says in its file when it takes clients, and logs an error for each that comes earlier.
until [ "$(sed -n -e 's/ *$//' -e '1p;8p' "$PGDATA/postmaster.pid" 2>/dev/null)" = "$server"$'\n'ready ]; do
    kill -0 "$server" 2>/dev/null || wait "$server"
    sleep 0.02
done

set -- --file="$config/roles.sql"
for database in $DATABASES; do
    set -- "$@" --command="\\connect \"$database\"" --file="$config/database.sql"
done
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=databases="$DATABASES" \
    --host="$private" --port="$PORT" --username="$POSTGRES_USER" --dbname=postgres "$@" >/dev/null

# By TERM it waits for the session of psql to be over.
kill -TERM "$server"
wait "$server"
server=
clean_up
unset POSTGRES_PASSWORD OWNER_PASSWORD APP_RW_PASSWORD APP_RO_PASSWORD WORKER_PASSWORD REPLICATOR_PASSWORD
# The standby that must have a commit before the commit is acknowledged; none by default.
serve -c cluster_name=primary -c synchronous_standby_names="${SYNCHRONOUS_STANDBY:-}"
