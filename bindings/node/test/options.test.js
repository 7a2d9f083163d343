// What is no option is refused, by its name; and what paths may be.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';

import { open } from '../index.js';
import { openTemp, tempFolder } from './helpers.js';

const unknown = (name) => ({
  name: 'TypeError',
  code: 'TAPPS_INVALID',
  message: `unknown option: ${name}`,
});

test('an unknown option is refused by every call', async (t) => {
  assert.throws(() => open(':memory:', { memoryByte: 5 }), unknown('memoryByte'));
  const cache = openTemp(t);
  const wrong = { tllMs: 5 };
  const calls = [
    () => cache.put('k', 'v', wrong), () => cache.swap('k', 0, 'v', wrong),
    () => cache.putMany([['k', 'v']], wrong), () => cache.get('k', wrong),
    () => cache.getEntry('k', wrong), () => cache.has('k', wrong), () => cache.version('k', wrong),
    () => cache.getMany(['k'], wrong), () => cache.delete('k', wrong), () => cache.count(wrong),
    () => cache.deleteAll(wrong), () => cache.touch('k', 5, wrong), () => cache.flush(wrong),
    () => cache.entries(wrong).next(), () => cache.getOrLoad('k', () => 'v', wrong),
    () => cache.getOrLoad('k', () => 'v', { load: wrong }), () => cache.docs('x', wrong),
    () => cache.plan('.', wrong), () => cache.warm('.', wrong), () => cache.survey(wrong),
    () => cache.check(wrong), () => cache.backup('x', wrong), () => cache.compact(wrong),
    () => cache.close(wrong), () => cache.fetchMany(['http://127.0.0.1:1/'], wrong).next(),
    () => cache.breaker('b').acquire(wrong),
  ];
  for (const call of calls) await assert.rejects(async () => call(), unknown('tllMs'), String(call));
  assert.throws(() => cache.getSync('k', wrong), unknown('tllMs'));
  assert.throws(() => cache.putSync('k', 'v', wrong), unknown('tllMs'));
  assert.throws(() => cache.setNamespace('s', wrong), unknown('tllMs'));
  assert.throws(() => cache.breaker('b', wrong), unknown('tllMs'));
  assert.equal((await cache.count()).entries, 0);
});

test('a wrong type is told with the name of the option', async (t) => {
  const cache = openTemp(t);
  const refused = (name) => ({ name: 'TypeError', message: `${name}: expected a string, not number` });
  assert.throws(() => open(5), refused('path'));
  assert.throws(() => cache.getSync('k', { namespace: 5 }), refused('namespace'));
  assert.throws(() => cache.setNamespace(5), refused('namespace'));
  assert.throws(() => cache.breaker(5), refused('name'));
  await assert.rejects(cache.put('k', 'v', { namespace: 5 }), refused('namespace'));
  await assert.rejects(cache.put('k', 'v', { contentType: 5 }), refused('contentType'));
  await assert.rejects(cache.count({ tag: 5 }), refused('tag'));
  await assert.rejects(cache.plan(5), refused('folder'));
  await assert.rejects(cache.put('k', 'v', { source: 'a\0b' }), /source: holds a NUL character/);
});

test('a lifetime of 0 is refused', async (t) => {
  const cache = openTemp(t);
  const refused = (name) => ({ name: 'TypeError', message: `${name}: expected a time above 0, not 0` });
  await assert.rejects(cache.put('k', 'v', { ttlMs: 0 }), refused('ttlMs'));
  await assert.rejects(cache.touch('k', 0), refused('ttlMs'));
  assert.throws(() => cache.setNamespace('s', { negativeTtlMs: 0 }), refused('negativeTtlMs'));
  await assert.rejects(cache.fetch('http://127.0.0.1:1/', { ttlMs: 0 }), refused('ttlMs'));
});

test('a path may be a file: URL', async () => {
  const folder = pathToFileURL(`${tempFolder()}${path.sep}`);
  const cache = open(new URL('cache.db', folder));
  assert.equal(path.basename(cache.path), 'cache.db');
  await cache.backup(new URL('copy.db', folder));
  assert.deepEqual((await cache.plan(folder)).items, []);
  await cache.close();
  assert.throws(() => open(new URL('http://localhost/')), /path: expected a file: URL/);
});
