// Finds and loads tapps.node, the native half.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeError } from './errors.js';

const require = createRequire(import.meta.url);

// The addon in a file, if the libtapps that it has loaded is one it can use.
function bind(place) {
  const found = require(place);
  const { abi, neededAbi, version } = found;
  if (abi !== neededAbi) {
    throw new Error(`the libtapps it has loaded, ${version}, has ABI ${abi}, it needs ABI ${neededAbi}`);
  }
  return found;
}

function load() {
  const explicit = process.env.TAPPS_NODE_ADDON;
  const places = explicit
    ? [path.resolve(explicit)]
    : [
        fileURLToPath(new URL('../build/tapps.node', import.meta.url)),
        fileURLToPath(
          new URL(`../prebuilds/${process.platform}-${process.arch}/tapps.node`, import.meta.url),
        ),
      ];
  const tries = [];
  let there = false;
  for (const place of places) {
    if (!existsSync(place)) {
      tries.push(`${place}: not there`);
      continue;
    }
    there = true;
    try {
      return bind(place);
    } catch (error) {
      tries.push(`${place}: ${error.message.replace(`${place}: `, '')}`);
    }
  }
  const advice = there
    ? 'Install the libtapps it was built for, name its folder in LD_LIBRARY_PATH, or build the ' +
      'addon again with `npm run build`.'
    : 'Build it with `npm run build` in the folder of the package, or name it in TAPPS_NODE_ADDON.';
  throw new Error(
    `tapps: the native addon cannot be loaded. Tried:\n${tries.map((line) => `  ${line}\n`).join('')}` +
      advice,
  );
}

export const addon = load();
addon.init(makeError);
