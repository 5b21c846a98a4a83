#!/bin/bash
# Becomes a Redis server: redis.sh PROGRAM. Environment: PORT, REDIS_PASSWORD, REDIS_DIRECTORY.
# Redis takes its settings from standard input, since other users can read a command line.
set -euo pipefail
quoted=${REDIS_DIRECTORY//\\/\\\\}
quoted=${quoted//\"/\\\"}
mkdir -p "$REDIS_DIRECTORY"
exec "$1" - <<SETTINGS
bind 127.0.0.1
port $PORT
requirepass $REDIS_PASSWORD
dir "$quoted"
pidfile "$quoted/redis.pid"
# A cache: what it loses is read again.
save ""
SETTINGS
