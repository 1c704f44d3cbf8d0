# shellcheck shell=bash
# Processes and questions for ha.sh, which sets what these functions read: the folder of the cluster and the place of PostgreSQL's programs.
# shellcheck disable=SC2154

# --- processes ---

# PostgreSQL refuses to run as root. Unlike su and sudo, setpriv becomes the program, so that its process id is the program's.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then exec "$@"; fi
  local owner
  owner=$(cat "$folder/owner")
  exec setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups -- "$@"
}

start() { # NAME COMMAND...: a process of its own session, which outlives this program
  local name=$1
  shift
  (cd "$folder/$name" && as_owner setsid "$@" >>"$folder/$name.log" 2>&1 </dev/null) &
  echo $! >"$folder/$name.pid"
}

pid_of() { # NAME: of the process that `start` started; fails when it has ended
  local pid
  pid=$(cat "$folder/$1.pid" 2>/dev/null) || return 1
  # A number that another process has got since does not count.
  ps -p "$pid" -o args= 2>/dev/null | grep -qF "$folder/$1" || return 1
  echo "$pid"
}

postmaster_of() { # NAME: fails when the server does not run
  local pid
  pid=$(head -n 1 "$folder/$1/data/postmaster.pid" 2>/dev/null) || return 1
  ps -p "$pid" -o args= 2>/dev/null | grep -qF "$folder/$1/data" || return 1
  echo "$pid"
}

wait_until() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.3
  done
}

ended() { ! "$@" >/dev/null; }

# --- the database ---

sql() { # NAME DATABASE STATEMENT
  PGPASSWORD=$(cat "$folder/password") PGCONNECT_TIMEOUT=3 "$HA_PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$(port "$1")" -U postgres -d "$2" -c "$3"
}

role_of() { # NAME: primary, standby or down
  case $(sql "$1" postgres "select pg_is_in_recovery()" 2>/dev/null || true) in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
  esac
}

primary() {
  local name
  for name in $members; do
    if [ "$(role_of "$name")" = primary ]; then
      echo "$name"
      return
    fi
  done
  return 1
}

is_replicated() {
  local name
  name=$(primary) || return 1
  [ "$(sql "$name" postgres "select count(*) from pg_stat_replication where state = 'streaming' and sync_state = 'sync'" 2>/dev/null)" = 1 ]
}
