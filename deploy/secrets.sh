#!/bin/sh
# Make passwords for Valkey's users and write them to secrets/ beside this file, once: users.acl for the server (hashes
# only), a file ROLE.env with REDIS_URL for each role of Newsline's processes (newsline.env is the operator's), keda.env
# for KEDA. HOST is the name of the server for these processes.
#   ./secrets.sh [HOST]
set -eu
cd "$(dirname "$0")"
umask 077
mkdir secrets || { echo "secrets/ exists already: remove the directory to make new passwords" >&2; exit 1; }
password() { head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1; }
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
# readable for the container's user, too: the hashes of random passwords are no secret
# (Valkey takes no comments in this file)
sed '/^user /!d' users.acl > secrets/users.acl
chmod 644 secrets/users.acl
for user in newsline crawl pages feed schedule reader keda; do
    secret=$(password)
    mark=$(echo "$user" | tr '[:lower:]' '[:upper:]')
    sed "s/HASH-$mark/$(hash "$secret")/" secrets/users.acl > secrets/users.new
    cat secrets/users.new > secrets/users.acl
    if [ "$user" = keda ]; then
        printf 'USERNAME=keda\nPASSWORD=%s\n' "$secret" > secrets/keda.env
    else
        echo "REDIS_URL=redis://$user:$secret@${1:-valkey}:6379/0" > "secrets/$user.env"
    fi
done
rm secrets/users.new
