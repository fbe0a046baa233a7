#!/bin/sh
# Make passwords for Valkey's users and write them to secrets/ beside this file, once: users.acl for the server (hashes
# only), newsline.env for Newsline's processes, keda.env for KEDA. HOST is the name of the server for these processes.
#   ./secrets.sh [HOST]
set -eu
cd "$(dirname "$0")"
umask 077
mkdir secrets || { echo "secrets/ exists already: remove the directory to make new passwords" >&2; exit 1; }
password() { head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1; }
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
newsline=$(password)
keda=$(password)
# readable for the container's user, too: the hashes of random passwords are no secret
# (Valkey takes no comments in this file)
sed "/^user /!d; s/HASH-NEWSLINE/$(hash "$newsline")/; s/HASH-KEDA/$(hash "$keda")/" users.acl > secrets/users.acl
chmod 644 secrets/users.acl
echo "REDIS_URL=redis://newsline:$newsline@${1:-valkey}:6379/0" > secrets/newsline.env
printf 'USERNAME=keda\nPASSWORD=%s\n' "$keda" > secrets/keda.env
