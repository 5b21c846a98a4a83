#!/bin/bash
# Makes local images from Debian's packages, for machines with a container engine but no registry: debian-image.sh
#
#   debian/postgres:15             as the official postgres image lays out 15 (all versions below 18)
#   debian/postgres:15-layout-18   the same programs, laid out as the official image does from 18 on
#   debian/redis:7.0
#
# The versions are those of the Debian that runs. Names of the images made are printed, one on a line.
#
# What they have in common with the official images is what the topology's scripts and AppHost rely on: user and group
# postgres with id 999, root as the user that starts, bash, gosu, no ps, PG_MAJOR, PATH, PGDATA, the volume, LANG,
# STOPSIGNAL, the port, the modes of data directories, and docker-entrypoint.sh as entrypoint. That one only runs its
# arguments here, since the topology brings scripts of its own.
#
# Packages come from where apt on this machine gets Debian's. Making the file system takes about a minute and needs root
# and mmdebstrap, which is installed if it is missing. The result is kept in artifacts/containers for the next time.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
cache=$root/artifacts/containers
rootfs=$cache/$suite.tar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_rootfs() {
    [ "$(id -u)" = 0 ] || { echo 'debian-image.sh: making an image needs root.' >&2; exit 1; }
    command -v mmdebstrap >/dev/null || apt-get -qq install -y --no-install-recommends mmdebstrap >/dev/null
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' >"$work/sources.list"
    apt-config dump | grep '^Acquire::' >"$work/apt.conf"

    # Runs in the new system's directory when it has Debian's essential packages and nothing else yet.
    cat >"$work/prepare" <<'PREPARE'
#!/bin/sh -eu
cd "$1"
echo 'postgres:x:999:' >>etc/group
echo 'postgres:x:999:999::/var/lib/postgresql:/bin/bash' >>etc/passwd
install -d etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >etc/postgresql-common/createcluster.d/none.conf
PREPARE

    # Runs when it has all packages.
    cat >"$work/finish" <<'FINISH'
#!/bin/sh -eu
cd "$1"
chroot . localedef -i en_US -c -f UTF-8 en_US.UTF-8
install -d -o 999 -g 999 -m 1777 var/lib/postgresql
install -d -o 999 -g 999 -m 3777 var/run/postgresql
printf '#!/bin/bash\nexec "$@"\n' >usr/local/bin/docker-entrypoint.sh
chmod 755 usr/local/bin/docker-entrypoint.sh
rm -rf etc/apt/sources.list* etc/apt/apt.conf.d/*mmdebstrap usr/share/doc usr/share/man
FINISH

    chmod 755 "$work/prepare" "$work/finish"
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=minbase --include=gosu,locales,postgresql,redis-server \
        --aptopt="$work/apt.conf" --essential-hook="$work/prepare" --customize-hook="$work/finish" \
        "$suite" "$work/rootfs.tar" "$work/sources.list"
    mv "$work/rootfs.tar" "$rootfs"
}

# image NAME DOCKERFILE: an image of the file system and what DOCKERFILE adds.
image() {
    printf '%s\n' "$2" | DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" - >/dev/null
    echo "$1"
}

[ "$rootfs" -nt "$0" ] || make_rootfs
docker import - debian/topology <"$rootfs" >/dev/null

version=$(docker run --rm debian/topology bash -c 'ls /usr/lib/postgresql')
