#!/bin/bash
# Copies the primary if there is no cluster yet, then becomes a server that streams from it.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
require PRIMARY_HOST PRIMARY_PORT REPLICATOR_PASSWORD
# Under which the primary knows it: its slot, which must be there.
REPLICA_NAME=${REPLICA_NAME:-replica}
prepare

(umask 077 && echo "*:*:*:replicator:$REPLICATOR_PASSWORD" >"$config/passfile")
# By environment, where a path needs no quoting. pg_basebackup and the server both read it.
export PGPASSFILE=$config/passfile PGSSLROOTCERT=$config/ca.crt
primary="host=$PRIMARY_HOST port=$PRIMARY_PORT user=replicator sslmode=verify-full"

# A promoted one begins again as a copy of the primary. What was written to it is kept aside until the next time.
if [ -d "$PGDATA" ] && [ ! -f "$PGDATA/standby.signal" ] && cluster_exists; then
    await_previous
    echo "$PGDATA was promoted, so it is moved to $PGDATA.promoted, and the primary is copied again." >&2
    rm -rf "$PGDATA.promoted"
    mv "$PGDATA" "$PGDATA.promoted"
fi
if ! cluster_exists; then
    # Only whether it answers; a certificate that is wrong is for pg_basebackup to report.
    for attempt in {1..600}; do
        ! env -u PGPASSFILE -u PGSSLROOTCERT pg_isready --quiet --dbname="$primary dbname=postgres sslmode=require" || break
        [ "$attempt" != 600 ] || fail "The primary at $PRIMARY_HOST:$PRIMARY_PORT did not answer within 60 seconds."
        sleep 0.1
    done
    pg_basebackup --dbname="$primary application_name=pg_basebackup" --no-password --pgdata="$PGDATA.new" \
        --wal-method=stream --checkpoint=fast --slot="$REPLICA_NAME" ${no_sync:+"$no_sync"}
    touch "$PGDATA.new/standby.signal"
    publish_cluster
fi
await_previous

unset REPLICATOR_PASSWORD
serve -c cluster_name="$REPLICA_NAME" -c primary_slot_name="$REPLICA_NAME" -c primary_conninfo="$primary application_name=$REPLICA_NAME"
