#!/usr/bin/env bash
# Starts a server with an empty database on a free port, runs demo.sql through
# psql, and stops the server. Nothing is left behind.
set -eu
cd "$(dirname "$0")/.."
command -v psql >/dev/null || { echo "the demo needs psql (package postgresql-client)"; exit 1; }
[ -x bin/loxodb ] || { echo "build first: make build"; exit 1; }

dir=$(mktemp -d)
./bin/loxodb start --data "$dir/data" --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/log" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT

connect=
for _ in $(seq 100); do
  connect=$(sed -n 's/^  \(psql .*\)$/\1/p' "$dir/out")
  [ -n "$connect" ] && break
  kill -0 $server 2>/dev/null || { cat "$dir/log"; exit 1; }
  sleep 0.1
done
[ -n "$connect" ] || { echo "the server did not start:"; cat "$dir/log"; exit 1; }
echo "$connect"
$connect -X -v ON_ERROR_STOP=1 -f examples/demo.sql
