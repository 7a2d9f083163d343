import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { open, TappsError, version } from '../index.js';
import { openTemp, tempFolder } from './helpers.js';

test('the library says its version', () => assert.match(version, /^\d+\.\d+\.\d+$/));

test('what is put is got, at once and by promise', async (t) => {
  const cache = openTemp(t);
  await cache.put('k', 'value');
  assert.equal(String(cache.getSync('k')), 'value');
  assert.equal(String(await cache.get('k')), 'value');
  assert.ok(Buffer.isBuffer(await cache.get('k')));
  assert.equal(await cache.get('nothing'), undefined);
  assert.equal(cache.getSync('nothing'), undefined);
});

test('another process, here another open after close, finds what was put', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  const first = open(file);
  await first.put('k', 'value');
  await first.close();
  const second = open(file);
  t.after(() => second.close());
  assert.equal(String(await second.get('k')), 'value', 'read off the event loop');
  assert.equal((await second.getEntry('k')).servedFrom, 'memory');
});

test('keys and values are bytes of any kind', async (t) => {
  const cache = openTemp(t);
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const value of [bytes, bytes.buffer, new DataView(bytes.buffer), Buffer.from(bytes)]) {
    await cache.put(bytes, value);
    assert.deepEqual(new Uint8Array(cache.getSync(bytes)), bytes);
  }
  await cache.put('k', new Uint16Array([0x4142]));
  assert.equal(cache.getSync('k').length, 2);
  await cache.put('empty', '');
  assert.equal(cache.getSync('empty').length, 0);
  const long = '\u{1F600}'.repeat(1000);
  await cache.put(long, long);
  assert.equal(String(cache.getSync(long)), long);
  for (const length of [250, 251, 252, 253, 255, 256, 257]) {
    const key = 'x'.repeat(length);
    await cache.put(key, key);
    assert.equal(String(cache.getSync(Buffer.from(key))), key);
  }
});

test("a value got is the caller's own copy", async (t) => {
  const cache = openTemp(t);
  await cache.put('k', 'value');
  cache.getSync('k').fill(0);
  assert.equal(String(cache.getSync('k')), 'value');
});

test('an entry tells what is known of it', async (t) => {
  const cache = openTemp(t);
  const before = Date.now();
  await cache.put('k', 'v', {
    ttlMs: 60_000,
    staleMs: 30_000,
    contentType: 'text/plain',
    source: 'hand',
    tags: ['a', 'b'],
    json: { n: 1 },
  });
  const entry = await cache.getEntry('k');
  assert.equal(String(entry.value), 'v');
  assert.ok(Math.abs(entry.createdAt - before) < 10_000);
  assert.equal(Math.round(entry.expiresAt - entry.createdAt), 60_000);
  assert.equal(Math.round(entry.staleUntil - entry.expiresAt), 30_000);
  assert.equal(entry.contentType, 'text/plain');
  assert.equal(entry.source, 'hand');
  assert.deepEqual(entry.tags, ['a', 'b']);
  assert.deepEqual(entry.json, { n: 1 });
  assert.equal(entry.stale, false);
  assert.ok(entry.version > 0);
  assert.deepEqual(cache.getEntrySync('k').tags, ['a', 'b']);
});

test('namespaces are apart', async (t) => {
  const cache = openTemp(t);
  await cache.put('k', 'one', { namespace: 'one' });
  assert.equal(await cache.get('k'), undefined);
  assert.equal(String(await cache.get('k', { namespace: 'one' })), 'one');
});

test('every durability is understood', async (t) => {
  const cache = openTemp(t);
  for (const durability of ['async', 'memory', 'sync', 'full']) {
    await cache.put(durability, 'x', { durability });
    cache.putSync(durability, 'y', { durability });
    assert.equal(String(await cache.get(durability)), 'y');
  }
});

test('many are got and put in one call', async (t) => {
  const cache = openTemp(t);
  await cache.putMany(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
    { tags: ['t'] },
  );
  const [a, none, b] = await cache.getMany(['a', 'none', Buffer.from('b')]);
  assert.deepEqual([String(a), none, String(b)], ['1', undefined, '2']);
  assert.deepEqual(await cache.getMany([]), []);
  const shown = (await cache.getMany(['a', 'none'])).map((value) => value === undefined);
  assert.deepEqual(shown, [false, true]); // no holes
});

test('entries go by key, prefix and tag', async (t) => {
  const cache = openTemp(t);
  await cache.putMany([
    ['a/1', 'x'],
    ['a/2', 'x'],
    ['b', 'x'],
  ]);
  await cache.put('tagged', 'x', { tags: ['old'] });
  await cache.put('k', 'x', { namespace: 'other' });
  await cache.delete('b');
  await cache.delete('b', { durability: 'sync' });
  assert.equal(await cache.get('b'), undefined);
  assert.equal(await cache.deleteAll({ prefix: 'a/' }), 2);
  assert.equal(await cache.deleteAll({ tag: 'old' }), 1);
  assert.equal(await cache.deleteAll(), 0, 'the default namespace is empty');
  assert.equal(await cache.deleteAll({ allNamespaces: true }), 1);
});

test('touch gives a new lifetime', async (t) => {
  const cache = openTemp(t);
  await cache.put('k', 'x');
  await cache.touch('k', 60_000);
  const { expiresAt } = await cache.getEntry('k');
  assert.ok(expiresAt > Date.now() + 30_000 && expiresAt < Date.now() + 90_000);
  await assert.rejects(cache.touch('nothing', 1000), { code: 'TAPPS_NOT_FOUND' });
});

test('a walk meets every entry once, over several pages', async (t) => {
  const cache = openTemp(t);
  const keys = Array.from({ length: 600 }, (_, i) => `k${String(i).padStart(4, '0')}`);
  await cache.putMany(keys.map((key) => [key, 'xyz']));
  await cache.put('z', 'other', { namespace: 'other' });
  const met = [];
  for await (const entry of cache.entries({ prefix: 'k' })) {
    met.push(String(entry.key));
    assert.equal(entry.namespace, 'default');
    assert.equal(entry.size, 3);
  }
  assert.deepEqual(met.sort(), keys);
  let count = 0;
  for await (const _ of cache.entries({ allNamespaces: true })) count += 1;
  assert.equal(count, 601);
  for await (const entry of cache.entries()) {
    assert.ok(entry.key.length > 0);
    break; // the cursor is given back
  }
});

test('statistics count the lookups', async (t) => {
  const cache = openTemp(t);
  await cache.put('k', 'v');
  cache.getSync('k');
  cache.getSync('nothing');
  const stats = cache.stats();
  assert.ok(stats.hits.memory >= 1);
  assert.ok(stats.misses >= 1);
});

test('flush waits for the commit', async (t) => {
  const cache = openTemp(t, { commitIntervalMs: 60_000 });
  await cache.put('k', 'v');
  await cache.flush();
  assert.equal(cache.state, 'ok');
});

test('failures are TappsErrors, bad arguments TypeErrors', async (t) => {
  const cache = openTemp(t);
  await assert.rejects(cache.get(''), (error) => {
    assert.ok(error instanceof TappsError && error instanceof Error);
    assert.equal(error.code, 'TAPPS_INVALID');
    assert.equal(error.name, 'TappsError');
    assert.ok(error.message.length > 0);
    return true;
  });
  await assert.rejects(cache.put('k'.repeat(4097), 'v'), { code: 'TAPPS_INVALID' });
  assert.throws(() => cache.putSync('k', 'v', { namespace: 'tapps.docs' }), TappsError);
  assert.throws(() => cache.getSync('k', { namespace: 'a\0b' }), TypeError);
  for (const bad of [undefined, null, 5, {}]) {
    await assert.rejects(cache.get(bad), TypeError);
    await assert.rejects(cache.put('k', bad), TypeError);
  }
  for (const options of [
    { ttlMs: -1 },
    { ttlMs: 'soon' },
    { durability: 'eternal' },
    { tags: 5 },
  ]) {
    await assert.rejects(cache.put('k', 'v', options), { code: 'TAPPS_INVALID' });
  }
  assert.throws(() => open(5), TypeError);
});

test('a file that is no cache is refused', () => {
  const file = path.join(tempFolder(), 'letter.txt');
  writeFileSync(file, 'This is a letter, not a database, however long it may be.\n');
  assert.throws(() => open(file), { code: 'TAPPS_CORRUPT' });
});

test('what is not in memory says so when the disk may not be touched', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  const first = open(file);
  await first.put('k', 'v');
  await first.close();
  const cache = open(file);
  t.after(() => cache.close());
  assert.throws(() => cache.getSync('k', { cachedOnly: true }), { code: 'TAPPS_WOULD_BLOCK' });
  await assert.rejects(cache.get('k', { cachedOnly: true }), { code: 'TAPPS_WOULD_BLOCK' });
  assert.equal(String(cache.getSync('k')), 'v');
  assert.equal(String(cache.getSync('k', { cachedOnly: true })), 'v');
});

test('after close every call fails, and close again does not', async () => {
  const cache = open(path.join(tempFolder(), 'cache.db'));
  const breaker = cache.breaker('b');
  await cache.put('k', 'v');
  await cache.close();
  await cache.close();
  cache.closeSync();
  assert.equal(cache.state, 'closed');
  await assert.rejects(cache.get('k'), { code: 'TAPPS_CLOSED' });
  await assert.rejects(cache.put('k', 'v'), { code: 'TAPPS_CLOSED' });
  await assert.rejects(cache.fetch('http://127.0.0.1/'), { code: 'TAPPS_CLOSED' });
  assert.throws(() => cache.getSync('k'), { code: 'TAPPS_CLOSED' });
  assert.throws(() => cache.stats(), { code: 'TAPPS_CLOSED' });
  assert.equal(breaker.read().state, 'closed', 'a breaker outlives its cache');
});

test('disposing closes', async () => {
  const file = path.join(tempFolder(), 'cache.db');
  const one = open(file);
  one[Symbol.dispose]();
  assert.equal(one.state, 'closed');
  const two = open(file);
  await two[Symbol.asyncDispose]();
  assert.equal(two.state, 'closed');
});

test('two handles on one file share the store', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  const one = open(file);
  const two = open(file);
  t.after(() => two.close());
  await one.put('k', 'v');
  assert.equal(String(two.getSync('k', { cachedOnly: true })), 'v');
  await one.close();
  assert.equal(String(two.getSync('k')), 'v');
});
