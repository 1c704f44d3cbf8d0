#!/usr/bin/env bash
# Two PostgreSQL servers with synchronous replication under Patroni and etcd, all on this machine: what a failover is tried on.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ha.sh up [FOLDER] | status FOLDER | url FOLDER | kill-primary FOLDER [SECONDS] | down FOLDER

  up [FOLDER]          starts what does not run yet, waits until the standby is synchronous, prints DATABASE_URL;
                       without a folder it makes one below the folder for temporary files
  status FOLDER        a line for each server: name, address, role
  url FOLDER           only the URL, which names both servers
  kill-primary FOLDER [SECONDS]
                       kill -9 for the primary and its Patroni, and prints its name; `up` revives them. With SECONDS,
                       nothing reaches the standby for so long before: what did not wait for it is lost for certain
  down FOLDER          stops everything; the data stays in the folder

Environment, read by the first `up` of a folder:
  HA_BASE_PORT  the first of six ports in a row, on 127.0.0.1 (default 25430): db1, db2, Patroni's two, etcd's two
  HA_USER       who runs the servers when root calls (default postgres); others run them themselves
Environment, always:
  HA_PG_BIN     the folder of PostgreSQL's programs (default: the newest below /usr/lib/postgresql)
  HA_WAIT_S     how long `up` waits, in seconds (default 120)

Needs the Debian packages patroni, etcd-server and postgresql (15 or newer).
USAGE
}

fail() {
  echo "ha.sh: $*" >&2
  exit 1
}

members="db1 db2"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wait_s=${HA_WAIT_S:-120}

# --- where things are ---

find_programs() {
  if [ -z "${HA_PG_BIN:-}" ]; then
    HA_PG_BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  fi
  [ -x "${HA_PG_BIN:-/nowhere}/postgres" ] || fail "no PostgreSQL found; install the package postgresql, or set HA_PG_BIN to the folder of its programs"
  local program package
  for program in patroni:patroni etcd:etcd-server setsid:util-linux setpriv:util-linux; do
    package=${program#*:}
    command -v "${program%%:*}" >/dev/null || fail "there is no ${program%%:*}; install the package $package"
  done
}

port() { # NAME: the port of a part
  local base
  base=$(cat "$folder/port")
  case $1 in
    db1) echo "$base" ;;
    db2) echo $((base + 1)) ;;
    db1-rest) echo $((base + 2)) ;;
    db2-rest) echo $((base + 3)) ;;
    etcd) echo $((base + 4)) ;;
    etcd-peer) echo $((base + 5)) ;;
  esac
}

url() {
  echo "postgres://punctual:$(cat "$folder/password")@127.0.0.1:$(port db1),127.0.0.1:$(port db2)/punctual?target_session_attrs=read-write"
}

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# --- verbs ---

prepare() {
  local base=${HA_BASE_PORT:-25430} owner name taken
  case $base in *[!0-9]* | "") fail "HA_BASE_PORT is $base; it must be a port number" ;; esac
  if [ "$base" -lt 1024 ] || [ "$base" -gt 65530 ]; then fail "HA_BASE_PORT is $base; six ports from there on must be between 1024 and 65535"; fi
  owner=$(id -un)
  if [ "$(id -u)" -eq 0 ]; then
    owner=${HA_USER:-postgres}
    id "$owner" >/dev/null 2>&1 || fail "there is no user $owner; PostgreSQL refuses to run as root, so set HA_USER to another one"
    [ "$(id -u "$owner")" -ne 0 ] || fail "PostgreSQL refuses to run as root; set HA_USER to another user"
  fi
  mkdir -p "$folder/etcd"
  echo "$owner" >"$folder/owner"
  (as_owner test -x "$folder") || fail "the user $owner cannot enter $folder; choose another folder"
  for taken in $(seq "$base" $((base + 5))); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$taken") 2>/dev/null; then fail "something listens on port $taken; set HA_BASE_PORT to the first of six free ports"; fi
  done
  echo "$base" >"$folder/port"
  (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$folder/password")
  for name in $members; do
    mkdir -p "$folder/$name/data"
    chmod 700 "$folder/$name" "$folder/$name/data"
    (umask 077 && sed -e "s|@NAME@|$name|g" -e "s|@DIR@|$folder/$name|g" -e "s|@PG_BIN@|$HA_PG_BIN|g" -e "s|@PASSWORD@|$(cat "$folder/password")|g" \
      -e "s|@PG_PORT@|$(port "$name")|g" -e "s|@REST_PORT@|$(port "$name-rest")|g" -e "s|@ETCD_PORT@|$(port etcd)|g" \
      "$here/patroni.yml.template" >"$folder/$name/patroni.yml")
  done
  if [ "$(id -u)" -eq 0 ]; then chown -R "$owner" "$folder/etcd" "$folder/db1" "$folder/db2"; fi
}

start_etcd() {
  local client peer
  client=http://127.0.0.1:$(port etcd)
  peer=http://127.0.0.1:$(port etcd-peer)
  # Slow to suspect: there is nobody to elect, and a busy machine must not make it doubt itself.
  start etcd etcd --name etcd --data-dir "$folder/etcd/data" --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "etcd=$peer" \
    --heartbeat-interval 500 --election-timeout 5000 --logger zap
}

create_database() {
  local name
  name=$(primary)
  if [ "$(sql "$name" postgres "select count(*) from pg_roles where rolname = 'punctual'")" = 0 ]; then
    sql "$name" postgres "create role punctual login password '$(cat "$folder/password")'"
  fi
  if [ "$(sql "$name" postgres "select count(*) from pg_database where datname = 'punctual'")" = 0 ]; then
    sql "$name" postgres "create database punctual owner punctual"
  fi
}

up() {
  local name
  [ -e "$folder/port" ] || prepare
  pid_of etcd >/dev/null || start_etcd
  for name in $members; do
    pid_of "$name" >/dev/null || start "$name" patroni "$folder/$name/patroni.yml"
  done
  wait_until "$wait_s" is_replicated || fail "after $wait_s s there is no primary with a synchronous standby; see $folder/db1.log, db2.log and etcd.log"
  create_database
  echo "DATABASE_URL='$(url)'"
}

status() {
  local name
  for name in $members; do
    echo "$name 127.0.0.1:$(port "$name") $(role_of "$name")"
  done
}

kill_primary() {
  local hold_s=$1 name server sender senders=""
  case $hold_s in *[!0-9]*) fail "$hold_s is not a number of seconds" ;; esac
  name=$(primary) || fail "there is no primary at this moment"
  server=$(postmaster_of "$name")
  # Patroni first: it would start the server again.
  kill -KILL "$(pid_of "$name")" 2>/dev/null || true
  if [ "$hold_s" -gt 0 ]; then
    senders=$(sql "$name" postgres "select pid from pg_stat_replication")
    for sender in $senders; do kill -STOP "$sender"; done
    sleep "$hold_s"
  fi
  kill -KILL "$server"
  for sender in $senders; do kill -KILL "$sender"; done
  echo "$name"
}

stop_member() { # NAME
  local pid
  if pid=$(pid_of "$1"); then
    kill -TERM "$pid"
    wait_until 30 ended pid_of "$1" || kill -KILL "$pid"
  fi
  # A server whose Patroni was killed has nobody else to end it.
  if pid=$(postmaster_of "$1"); then
    kill -INT "$pid" 2>/dev/null || true
    wait_until 30 ended postmaster_of "$1" || kill -QUIT "$pid"
  fi
}

down() {
  local name first pid
  first=$(primary || true)
  # The standby first, so that it does not take over meanwhile.
  for name in $members; do [ "$name" = "$first" ] || stop_member "$name"; done
  if [ -n "$first" ]; then stop_member "$first"; fi
  if pid=$(pid_of etcd); then
    kill -TERM "$pid"
    wait_until 10 ended pid_of etcd || kill -KILL "$pid"
  fi
}

verb=${1:-}
folder=${2:-}
case $verb in
  up | status | url | kill-primary | down) ;;
  *)
    usage >&2
    exit 2
    ;;
esac
if [ "$verb" = up ]; then
  if [ -z "$folder" ]; then
    folder=$(mktemp -d -t punctual-ha-XXXXXX)
    chmod 755 "$folder"
    echo "ha.sh: the folder is $folder" >&2
  fi
  mkdir -p "$folder"
elif [ ! -e "${folder:-/nowhere}/port" ]; then
  fail "${folder:-no folder} is not a folder that \`up\` has made"
fi
folder=$(cd "$folder" && pwd)
case $folder in *[!A-Za-z0-9/_.-]*) fail "the folder $folder has characters other than letters, digits, and / _ . -" ;; esac
find_programs
case $verb in
  kill-primary) kill_primary "${3:-0}" ;;
  *) "$verb" ;;
esac
