#!/usr/bin/env bash
# Starts MongoDB with accounts and as a member of a replica set, which transactions need. Members of one set show each
# other a key; the only member makes it of its password. The set is initiated by the health check, `mongo-health.js`.
set -euo pipefail
key=/tmp/replica-set.key
printf '%s' "$MONGO_INITDB_ROOT_PASSWORD" | sha256sum | cut -d' ' -f1 >"$key"
chown mongodb:mongodb "$key"
chmod 400 "$key"
exec docker-entrypoint.sh mongod --replSet conductor --keyFile "$key" --bind_ip_all --quiet
