#!/bin/bash
# Becomes a Redis server: redis.sh PROGRAM. Environment: PORT, REDIS_PASSWORD, REDIS_DIRECTORY.
# Redis takes its settings from standard input, since other users can read a command line.
set -euo pipefail
quoted=${REDIS_DIRECTORY//\\/\\\\}
quoted=${quoted//\"/\\\"}
# Loopback of IPv4 and IPv6, of which the machine may lack one; since 6.2 Redis has to be told that.
case $("$1" --version) in *v=[1-5].* | *v=6.[01].*) bind='127.0.0.1 ::1' ;; *) bind='-127.0.0.1 -::1' ;; esac
mkdir -p "$REDIS_DIRECTORY"
exec "$1" - <<SETTINGS
bind $bind
port $PORT
requirepass $REDIS_PASSWORD
dir "$quoted"
pidfile "$quoted/redis.pid"
# A cache: what it loses is read again.
save ""
SETTINGS
