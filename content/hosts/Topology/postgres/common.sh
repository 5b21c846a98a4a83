# shellcheck shell=bash
# What primary.sh and replica.sh share; both source it. README.md lists the environment they take.
# Written for bash 3.2 (macOS) and for the postgres image, which has no ps.
set -euo pipefail

# For what only a person can put right. Hosts show the sentence when the exit code is 78 (EX_CONFIG in sysexits.h).
fail() {
    echo "$1" >&2
    exit 78
}

require() {
    local name
    for name in "$@"; do
        [ -n "${!name:-}" ] || fail "The environment variable $name is missing."
    done
}

require PGDATA
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_OPTIONS=${POSTGRES_OPTIONS:-}
CERTIFICATES=${CERTIFICATES:-/certificates}
LISTEN_ADDRESSES=${LISTEN_ADDRESSES:-*}
PORT=${PORT:-5432}

topology=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parent=$(dirname "$PGDATA")
config=$PGDATA-config

# A cluster that need not survive a power cut need not be flushed when it is made either.
# shellcheck disable=SC2034 # Used by the scripts that source this one.
case $POSTGRES_OPTIONS in *fsync=off*) no_sync=--no-sync ;; *) no_sync= ;; esac

# The person's own settings for psql (PGHOST, PGSERVICE, ~/.postgresql and so on) are not meant for these servers.
for variable in ${!PG*}; do
    [ "$variable" = PGDATA ] || unset "$variable"
done
export HOME=$config

as_postgres() {
    if command -v gosu >/dev/null; then
        exec gosu postgres "$@"
    fi
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

# Puts copies of the scripts and certificates next to PGDATA, private to the user that runs the server: the server must
# own its key, and may not be able to read what the host mounted. As root, starts over as postgres, in the same process.
prepare() {
    [ "$topology" != "$config" ] || return 0
    (umask 022 && mkdir -p "$parent")
    local root=
    if [ "$(id -u)" = 0 ]; then
        root=yes
        # A new volume belongs to root.
        [ -n "$(ls -A "$parent")" ] || chown postgres: "$parent"
        (as_postgres test -w "$parent") || fail "The user postgres, as whom PostgreSQL runs, cannot write to $parent."
    fi

    (umask 077 && mkdir -p "$config")
    install -m 600 "$topology"/* "$CERTIFICATES/ca.crt" "$CERTIFICATES/server.crt" "$CERTIFICATES/server.key" "$config"
    if [ -n "$root" ]; then
        chown -R postgres: "$config"
        as_postgres "$BASH" "$config/$(basename "$0")"
    fi
}

# True when PGDATA holds a cluster of this version, false when there is nothing yet.
cluster_exists() {
    rm -rf "$PGDATA.new"
    [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ] || return 1
    if [ ! -s "$PGDATA/PG_VERSION" ] || [ ! -s "$PGDATA/global/pg_control" ]; then
        fail "$PGDATA is not empty, but holds no complete PostgreSQL cluster. Remove it (LocalHost: --reset) to begin with a new one."
    fi

    local made programs
    made=$(cat "$PGDATA/PG_VERSION")
    programs=$(postgres --version | sed -E 's/.*PostgreSQL\) ([0-9]+).*/\1/')
    [ "$made" = "$programs" ] ||
        fail "$PGDATA was made by PostgreSQL $made, but the programs found are of PostgreSQL $programs. Use those of $made, or remove it (LocalHost: --reset) to begin with a new one."
}

# A cluster is made in $PGDATA.new and renamed when it is finished, so PGDATA is never half-made.
publish_cluster() {
    [ ! -d "$PGDATA" ] || rmdir "$PGDATA" || fail "$PGDATA cannot be replaced. If it is a mount point, use a directory inside it."
    mv "$PGDATA.new" "$PGDATA"
}

# A server that a killed host left behind may still be on its way out.
await_previous() {
    [ -f "$PGDATA/postmaster.pid" ] || return 0
    local pid attempt
    pid=$(head -n 1 "$PGDATA/postmaster.pid")
    for attempt in {1..150}; do
        case $(cat "/proc/$pid/comm" 2>/dev/null || ps -p "$pid" -o comm= 2>/dev/null) in
            '') return 0 ;;
            *postgres) [ "$attempt" = 150 ] || sleep 0.1 ;;
            # The number has been given to another program, so the server is long gone; PostgreSQL would take it for one.
            *) rm -f "$PGDATA/postmaster.pid"; return 0 ;;
        esac
    done
    fail "PostgreSQL already runs on $PGDATA, as process $pid. Stop it first."
}

# Becomes the server. Arguments come last, so they win.
serve() {
    # shellcheck disable=SC2086 # POSTGRES_OPTIONS is a list of arguments.
    exec postgres -D "$PGDATA" -c config_file="$config/postgresql.conf" -c hba_file="$config/pg_hba.conf" \
        -c ssl_cert_file="$config/server.crt" -c ssl_key_file="$config/server.key" \
        -c listen_addresses="$LISTEN_ADDRESSES" -c port="$PORT" $POSTGRES_OPTIONS "$@"
}
