import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { openTemp, startOrigin, tempFolder } from './helpers.js';

function project(t) {
  const root = tempFolder();
  const pkg = path.join(root, 'node_modules/left-pad');
  mkdirSync(pkg, { recursive: true });
  writeFileSync(path.join(root, 'package.json'), '{"dependencies":{"left-pad":"1.3.0"}}');
  writeFileSync(path.join(pkg, 'package.json'), '{"name":"left-pad","version":"1.3.0"}');
  writeFileSync(
    path.join(pkg, 'README.md'),
    '# left-pad\n\nPads a string.\n\n## Unicode\n\nWide signs count once.\n',
  );
  settle(root);
  return root;
}

// Dates everything back: answers from files written this moment are not remembered.
function settle(place) {
  if (statSync(place).isDirectory()) {
    for (const name of readdirSync(place)) settle(path.join(place, name));
  }
  const earlier = Date.now() / 1000 - 60;
  utimesSync(place, earlier, earlier);
}

test('documentation comes from the installed package, then from the cache', async (t) => {
  const cache = openTemp(t);
  const projectRoot = project(t);
  const first = await cache.docs('left-pad', { projectRoot });
  assert.match(first.text, /Pads a string/);
  assert.equal(first.library, 'left-pad');
  assert.equal(first.version, '1.3.0');
  assert.equal(first.ecosystem, 'npm');
  assert.equal(first.servedFrom, 'installed');
  assert.equal(first.stale, false);
  assert.ok(first.tokens > 0);
  const second = await cache.docs('left-pad', { projectRoot, topic: 'unicode' });
  assert.match(second.text, /Wide signs/);
  assert.notEqual(second.servedFrom, 'network');
});

test('an unknown library is not found', async (t) => {
  await assert.rejects(openTemp(t).docs('no-such-library-anywhere-42'), {
    code: 'TAPPS_NOT_FOUND',
  });
});

test('documentation can come from a URL, and be aborted', async (t) => {
  let answers = true;
  const { url } = await startOrigin(t, (request, response) => {
    if (answers) response.setHeader('Content-Type', 'text/markdown').end('# x\n\nFrom afar.\n');
  });
  const cache = openTemp(t);
  const urlTemplate = `${url}/{ecosystem}/{library}`;
  const document = await cache.docs('x', { ecosystem: 'npm', urlTemplate });
  assert.match(document.text, /From afar/);
  answers = false;
  const signal = AbortSignal.timeout(50);
  await assert.rejects(cache.docs('y', { ecosystem: 'npm', urlTemplate, signal }), {
    name: 'TimeoutError',
  });
});

test('a project is planned and warmed, with progress', async (t) => {
  const cache = openTemp(t);
  const root = project(t);
  const plan = await cache.plan(root);
  assert.equal(plan.items.length, 1);
  assert.equal(plan.items[0].library, 'left-pad');
  const events = [];
  const result = await cache.warm(root, { onProgress: (event) => events.push(event) });
  assert.equal(result.total, 1);
  assert.equal(result.fetched, 1);
  assert.equal(result.failed, 0);
  assert.ok(result.durationMs >= 0);
  assert.ok(events.length > 0);
  assert.equal(events.at(-1).done, 1);
  assert.equal((await cache.warm(root)).skipped, 1);
  await assert.rejects(cache.warm(path.join(root, 'nothing')), { code: 'TAPPS_INVALID' });
  const reason = new Error('no');
  await assert.rejects(cache.warm(root, { signal: AbortSignal.abort(reason) }), reason);
});
