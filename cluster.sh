#!/usr/bin/env bash
# Starts and handles a Terrarium cluster on this machine: ./cluster.sh help
# Needs bash and Node. Installs and builds what is missing; the commands themselves are in scripts/cluster-tool.js.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

complain() {
  printf 'cluster.sh: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit 1
}

command -v node >/dev/null 2>&1 || complain "Node.js is not installed" "install Node 20.19 or newer (https://nodejs.org), then try again"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  complain "Node $(node --version) is too old" "install Node 20.19 or newer (https://nodejs.org), then try again"

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

case "${1:-}" in
  [0-9]* | start | add | remove)
    node "$here/scripts/cluster-tool.js" --check "$@"
    prepare
    ;;
esac
exec node "$here/scripts/cluster-tool.js" "$@"
