// Finds and loads tapps.node, the native half.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeError } from './errors.js';

const require = createRequire(import.meta.url);

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
  for (const place of places) {
    if (!existsSync(place)) {
      tries.push(`${place}: not there`);
      continue;
    }
    try {
      return require(place);
    } catch (error) {
      tries.push(`${place}: ${error.message}`);
    }
  }
  throw new Error(
    'tapps: the native addon cannot be loaded; build it with `npm run build`, or name it in ' +
      `TAPPS_NODE_ADDON. Tried:\n${tries.map((line) => `  ${line}`).join('\n')}`,
  );
}

export const addon = load();
addon.init(makeError);
