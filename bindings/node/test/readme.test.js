// Every sample of the README runs as it stands and prints what its comments say.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { packageFolder, runModule, tempFolder } from './helpers.js';

const readme = readFileSync(path.join(packageFolder, 'README.md'), 'utf8');
const samples = [...readme.matchAll(/^## (.*)$|^```js\n([\s\S]*?)^```$/gm)];

let title = '';
let count = 0;
for (const [, heading, source] of samples) {
  if (heading) {
    title = heading;
    continue;
  }
  count += 1;
  const name = title;
  test(`the sample under "${name}" runs`, async (t) => {
    const folder = tempFolder(t);
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(packageFolder, path.join(folder, 'node_modules/tapps'));
    const run = await runModule(source, {
      cwd: folder,
      env: { HOME: folder, XDG_CACHE_HOME: path.join(folder, 'cache') },
    });
    assert.equal(run.code, 0, run.err);
    for (const line of run.out.trim().split('\n').filter(Boolean)) {
      assert.ok(source.includes(line), `not foretold: ${line}`);
    }
  });
}

test('the README has a sample for each part', () => assert.equal(count, 6));
