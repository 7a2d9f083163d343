// Every sample of the README runs as it stands and prints what its comments say.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { checkSample, packageFolder, readmeSamples, tempFolder } from './helpers.js';

for (const { title, source } of readmeSamples()) {
  test(`the sample under "${title}" runs`, async (t) => {
    const folder = tempFolder();
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(packageFolder, path.join(folder, 'node_modules/tapps'));
    await checkSample(source, folder);
  });
}

test('the README has a sample for each part', () => assert.equal(readmeSamples().length, 6));
