#!/bin/bash
# Installs the PostgreSQL and Redis programs from Debian's packages, for LocalHost to run them. Nothing is started or
# left enabled, and no cluster is made. Arguments: the packages to install.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/colonnade.conf

restore() {
  rm -f "$policy" "$no_cluster"
  if [ -e "$policy.before-colonnade" ]; then mv "$policy.before-colonnade" "$policy"; fi
}

# Packages ask policy-rc.d before they start a service: 101 forbids it.
if [ -e "$policy" ]; then mv "$policy" "$policy.before-colonnade"; fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod 755 "$policy"

mkdir -p "${no_cluster%/*}"
echo 'create_main_cluster = false' > "$no_cluster"

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"

# The package would have its service start with the machine.
for package in "$@"; do
  if [ "$package" = redis-server ]; then update-rc.d redis-server disable; fi
done
