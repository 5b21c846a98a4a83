#!/bin/bash
# Runs a command with a container engine at hand: with-docker.sh COMMAND [ARGUMENT...]
#
# An engine that answers already is used and left as it is. Without one, and as root on Debian, docker.io is installed,
# and a dockerd of our own runs until the command ends. It touches neither the machine's services nor its network
# (no bridge of its own, no iptables rules, no forwarding; ports published on loopback work all the same), and keeps
# everything in a temporary directory that is deleted afterwards.
#
# The exit code is the command's, or 69 (EX_UNAVAILABLE) when there is no engine and none can be started.
set -euo pipefail

fail() {
    echo "with-docker.sh: $1" >&2
    exit 69
}

[ $# -gt 0 ] || { echo 'Usage: with-docker.sh COMMAND [ARGUMENT...]' >&2; exit 2; }
if docker version >/dev/null 2>&1; then
    exec "$@"
fi

install_docker() (
    command -v apt-get >/dev/null || fail 'No container engine answers, and there is no apt-get to install one.'
    # Debian starts a service as soon as it is installed, unless this file forbids it.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker.io >/dev/null
)

[ "$(id -u)" = 0 ] || fail 'No container engine answers, and only root can start one.'
command -v dockerd >/dev/null || install_docker

# Directly below /tmp, since the path of a socket may have only about 100 bytes.
state=$(mktemp -d /tmp/docker.XXXXXX)
export DOCKER_HOST=unix://$state/docker.sock
# Testcontainers' reaper is for engines that live on.
export TESTCONTAINERS_RYUK_DISABLED=true

# A process group of its own keeps Ctrl-C away from the engine; if this script is killed, the engine gets SIGTERM.
setsid setpriv --pdeathsig TERM dockerd --host="$DOCKER_HOST" --data-root="$state/data" --exec-root="$state/run" \
    --pidfile="$state/pid" --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    >"$state/log" 2>&1 </dev/null &
engine=$!

# shellcheck disable=SC2317 # The trap calls it.
stop_engine() {
    if kill -0 "$engine" 2>/dev/null; then
        # Otherwise their bridges stay behind on the machine.
        docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
        docker network prune --force >/dev/null
        kill "$engine"
    fi
    wait "$engine" || true
    rm -rf --one-file-system "$state"
}
trap stop_engine EXIT

until docker version >/dev/null 2>&1; do
    if ! kill -0 "$engine" 2>/dev/null; then
        tail -n 5 "$state/log" >&2
        fail 'dockerd ended. Its last lines are above.'
    fi
    sleep 0.1
done

# In the background bash has a command ignore Ctrl-C, and so would all that the command starts.
(trap - INT QUIT; exec "$@") <&0 &
command=$!
trap 'kill "$command" 2>/dev/null' INT TERM HUP
# A trap interrupts wait, so wait until it is over.
while
    status=0
    wait "$command" || status=$?
    kill -0 "$command" 2>/dev/null
do :; done
exit "$status"
