#!/usr/bin/env bash
# Packs the crates as for publishing and builds what was packed; follows the README in a clean
# folder; looks at what is said of a missing library.
# shellcheck disable=SC2016  # the backquotes are Markdown's
#
# usage: package.sh TARGET_DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export CARGO_TARGET_DIR=$1
# Cargo keeps what it unpacks of a version that it has seen before: the crates have no others to
# take from its own folder.
export CARGO_HOME=$CARGO_TARGET_DIR/cargo-home
rm -rf "$CARGO_HOME"

# Crates of one workspace that need each other can be packed together from cargo 1.90 on.
minor=$(cargo --version | sed -E 's/cargo 1\.([0-9]+).*/\1/')
if [[ $minor -ge 90 ]]; then
  cargo package --quiet --workspace --offline --allow-dirty
else
  cargo package --quiet --package tapps-sys --offline --allow-dirty
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

TAPPS=$(cd ../.. && pwd)
export TAPPS
commands=$(sed -n '/^```sh$/,/^```$/p' tapps/README.md | sed '/^```/d')
(cd "$folder" && CARGO_NET_OFFLINE=true bash -euc "$commands")
sed -n '/^```rust$/,/^```$/p' tapps/README.md | sed '/^```/d' >"$folder/sample/src/main.rs"
(cd "$folder/sample" && cargo run --quiet --offline)

unset TAPPS_LIB_DIR
if said=$(PKG_CONFIG_PATH=$folder PKG_CONFIG_LIBDIR=$folder CARGO_TARGET_DIR=$folder/target \
  cargo build --offline 2>&1); then
  echo "it built without a library"
  exit 1
fi
for text in "libtapps was not found" "TAPPS_LIB_DIR: not set" "pkg-config"; do
  grep -q "$text" <<<"$said" || { echo "it did not say '$text': $said"; exit 1; }
done
