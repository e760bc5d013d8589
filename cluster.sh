#!/usr/bin/env bash
# Starts and handles a Terrarium cluster on this machine: ./cluster.sh help
# Needs bash and Node. Installs and builds what is missing; the commands themselves are in scripts/cluster-tool.js.
set -euo pipefail

complain() {
  printf 'cluster.sh: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit 1
}

# The checkout, also when we are called by a link to this file, or through one to a folder above it.
source=${BASH_SOURCE[0]}
while [ -L "$source" ]; do
  target=$(readlink "$source")
  case $target in
    /*) source=$target ;;
    *) source=${source%"${source##*/}"}$target ;;
  esac
done
case $source in
  */*) here=${source%/*} ;;
  *) here=. ;;
esac
here=$(CDPATH='' cd "${here:-/}" && pwd -P)

command -v node >/dev/null 2>&1 || complain "Node.js is not installed" "install Node 20.19 or newer (https://nodejs.org), then try again"
tried=0
said=$(node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 87)' 2>&1) || tried=$?
if [ "$tried" -eq 87 ]; then
  complain "Node $(node --version) is too old" "install Node 20.19 or newer (https://nodejs.org), then try again"
elif [ "$tried" -eq 130 ] || [ "$tried" -eq 143 ]; then
  exit "$tried" # somebody ended it
elif [ "$tried" -ne 0 ]; then
  why="exit code $tried"
  while IFS= read -r line; do
    case $line in
      node:*[0-9] | "") ;;
      *Error:* | *node:*)
        why=$line
        break
        ;;
    esac
  done <<<"$said"
  hint="install Node 20.19 or newer anew (https://nodejs.org)"
  [ -z "${NODE_OPTIONS:-}" ] || hint="NODE_OPTIONS is '$NODE_OPTIONS': mend or unset it"
  complain "Node does not start: $why" "$hint"
fi

prepare() {
  if [ ! -d "$here/node_modules" ] || [ "$here/package-lock.json" -nt "$here/node_modules/.package-lock.json" ]; then
    command -v npm >/dev/null 2>&1 || complain "npm is not installed" "it comes with Node: install that anew"
    echo "installing what it needs (npm ci) …"
    (cd "$here" && npm ci --no-audit --no-fund --loglevel=error </dev/null) || complain "npm ci failed" "see its message above"
  fi
  if ! node "$here/scripts/build.js" --check; then
    echo "building …"
    node "$here/scripts/build.js" || complain "the build failed" "see its message above"
  fi
}

# How it was called: hints are to be typed as they are.
export TERRARIUM_CLUSTER_SH=$0
case "${1:-}" in
  [0-9]* | start | restart | add | remove)
    node "$here/scripts/cluster-tool.js" --check "$@"
    prepare
    ;;
esac
exec node "$here/scripts/cluster-tool.js" "$@"
