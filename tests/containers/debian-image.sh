#!/bin/bash
# Makes local images from Debian's packages, for an engine that reaches no registry. Prints the names of the images:
#
#   localhost/postgres:15         laid out as the official postgres image is for 15 and all other versions below 18
#   localhost/postgres:15-as-18   the same programs, laid out as in the official image from 18 on
#   localhost/redis:7.0
#
# The last two also get the names of the images that AppHost asks for, postgres:18.3 and redis:8.6, so that the engine has
# them and asks no registry.
#
# (The versions are those of the machine's Debian.) They share with the official images what the topology's scripts, its
# tests and AppHost rely on: user and group postgres with id 999, root as the user that starts, bash, gosu, Debian's
# wrappers of PostgreSQL's programs, no ps, PG_MAJOR, PATH, LANG, PGDATA, the volume, modes and owners of what it covers,
# STOPSIGNAL, the port, and docker-entrypoint.sh, which here only runs its arguments: nothing of ours uses it.
#
# Packages come from where apt on this machine gets Debian's. Making the file system takes about a minute and needs root;
# mmdebstrap is installed if need be. The file system is kept in artifacts/containers for the next time.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
cache=$root/artifacts/containers
rootfs=$cache/$suite.tar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_rootfs() {
    [ "$(id -u)" = 0 ] || { echo 'debian-image.sh: making an image needs root.' >&2; exit 1; }
    if ! command -v mmdebstrap >/dev/null; then
        apt-get -qq update
        apt-get -qq install -y --no-install-recommends mmdebstrap >/dev/null
    fi
    # shellcheck disable=SC2016 # apt-get fills these in.
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
rm -rf etc/apt/sources.list* etc/apt/apt.conf.d/99mmdebstrap usr/share/doc usr/share/man
FINISH

    chmod 755 "$work/prepare" "$work/finish"
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=minbase --include=gosu,locales,postgresql,redis-server \
        --aptopt="$work/apt.conf" --essential-hook="$work/prepare" --customize-hook="$work/finish" \
        "$suite" "$work/rootfs.tar" "$work/sources.list"
    mv "$work/rootfs.tar" "$rootfs"
}

# image NAME: an image of the file system and the Dockerfile on standard input.
image() {
    local log
    log=$(docker build --quiet --network=none --tag "$1" - 2>&1) || { echo "$log" >&2; exit 1; }
    echo "$1"
}

# postgres TAG PG_MAJOR PGDATA VOLUME: the volume's directory is made if need be, as the official image does.
postgres() {
    image "localhost/postgres:$1" <<DOCKERFILE
FROM localhost/debian-servers
RUN [ -e /usr/lib/postgresql/$2 ] || ln -s $version /usr/lib/postgresql/$2; [ -e $4 ] || install -d -o postgres -g postgres -m 1777 $4
ENV LANG=en_US.utf8 PG_MAJOR=$2 PATH=\$PATH:/usr/lib/postgresql/$2/bin PGDATA=$3
VOLUME $4
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
DOCKERFILE
}

[ "$rootfs" -nt "$0" ] || make_rootfs
docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - localhost/debian-servers <"$rootfs" >/dev/null
read -r version redis < <(docker run --rm --network=none localhost/debian-servers bash -c \
    'echo $(ls /usr/lib/postgresql) $(redis-server --version | sed -E "s/.* v=([0-9]+[.][0-9]+).*/\1/")')

postgres "$version" "$version" /var/lib/postgresql/data /var/lib/postgresql/data
postgres "$version-as-18" 18 /var/lib/postgresql/18/docker /var/lib/postgresql
image "localhost/redis:$redis" <<'DOCKERFILE'
FROM localhost/debian-servers
RUN install -d -o redis -g redis /data
VOLUME /data
WORKDIR /data
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 6379
CMD ["redis-server"]
DOCKERFILE
docker tag "localhost/postgres:$version-as-18" docker.io/library/postgres:18.3
docker tag "localhost/redis:$redis" docker.io/library/redis:8.6
