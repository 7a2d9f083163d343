#!/usr/bin/env bash
# The tests of the Go binding beyond `go test`: races, pointers passed to C, the build without cgo,
# the sample of the README as a module of its own.
#
# usage: check.sh races|cgo|readme
# shellcheck disable=SC2016  # the backquotes are Markdown's
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local

case ${1:?usage: check.sh races|cgo|readme} in
  races)
    # cgocheck=2 is a setting of the run up to Go 1.20, and of the build after it.
    minor=$(go version | sed -E 's/.*go1\.([0-9]+).*/\1/')
    if [[ $minor -ge 21 ]]; then
      GOEXPERIMENT=cgocheck2 go test -count=1 -race ./...
    else
      GODEBUG=cgocheck=2 go test -count=1 -race ./...
    fi
    ;;
  cgo)
    if said=$(CGO_ENABLED=0 go build . 2>&1); then
      echo "it built without cgo"
      exit 1
    fi
    grep -q tapps_needs_cgo <<<"$said" || { echo "it did not say why: $said"; exit 1; }
    ;;
  readme)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    sed -n '/^```go$/,/^```$/p' README.md | sed '/^```/d' >"$folder/main.go"
    TAPPS=$(cd ../.. && pwd)
    export TAPPS XDG_CACHE_HOME=$folder
    commands=$(sed -n '/^```sh$/,/^```$/p' README.md | sed '/^```/d')
    (cd "$folder" && bash -euc "$commands") | tee /dev/stderr >"$folder/printed"
    diff <(sed -n '/^```output$/,/^```$/p' README.md | sed '/^```/d') "$folder/printed"
    ;;
esac
