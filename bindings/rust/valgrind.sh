#!/usr/bin/env bash
# Runs the tests of the crates under valgrind: what is lost, freed twice or read too late fails.
#
# usage: valgrind.sh TARGET_DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export CARGO_TARGET_DIR=$1

checked='["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full",
  "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite", "--fair-sched=yes"]'
cargo --config "target.'cfg(all())'.runner=${checked//$'\n'/}" \
  test --offline --package tapps --lib --test cache --test driver --test load
