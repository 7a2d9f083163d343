// Operations of every kind, COUNT of them; the resident memory after each tenth as "rss KIB". For
// tools/binding_soak: node --expose-gc soak.js COUNT
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { open } from '../index.js';

const ROUND = 20; // operations of one round
const AT_ONCE = 25;
const value = Buffer.alloc(600, 1);
const folder = mkdtempSync(path.join(tmpdir(), 'tapps-soak-'));
const cache = open(path.join(folder, 'cache.db'), { memoryBytes: 1 << 20, diskBytes: 8 << 20 });
const breaker = cache.breaker('soak', { maxConcurrency: 1000 });

async function round(n) {
  const key = `k${n % 5000}`;
  await cache.put(key, value, { tags: ['a', 'b'], json: { n } });
  await cache.get(key);
  await cache.getEntry(`k${(n * 7) % 5000}`);
  await cache.get(`none ${n}`);
  await cache.has(key);
  await cache.getMany([key, 'k1', 'none']);
  await cache.putMany([
    ['m1', 'x'],
    ['m2', 'y'],
  ]);
  await cache.getOrLoad(`l${n % 500}`, () => value, { ttlMs: 50 });
  await cache.getOrLoad(`f${n}`, () => Promise.reject(new Error('x'))).catch(() => {});
  await cache.getOrLoad(`u${n}`, () => undefined);
  await cache.swap(key, 0, 'x').catch((error) => assert.equal(error.code, 'TAPPS_EXISTS'));
  await breaker.execute(() => 1);
  await cache.put('', 'x').catch((error) => assert.equal(error.code, 'TAPPS_INVALID'));
  const stop = new AbortController();
  const aborted = cache.get(`q${n}`, { signal: stop.signal }).catch(() => {});
  stop.abort();
  await aborted;
  await cache.touch(key, 60_000).catch(() => {});
  await cache.delete(key);
  cache.getSync('m1');
  cache.putSync('s', value);
  cache.getEntrySync('s');
  cache.getEntrySync('none');
}

const tenth = Math.max(1, Math.floor(Number(process.argv[2]) / ROUND / 10));
for (let part = 0, n = 0; part < 10; part += 1) {
  const end = n + tenth;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (n < end) await round((n += 1));
    }),
  );
  for await (const _ of cache.entries({ prefix: 'k1' }));
  await cache.count({ tag: 'a' });
  await cache.flush();
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc();
    await new Promise(setImmediate); // finalizers
  }
  console.log(`rss ${Math.round(process.memoryUsage().rss / 1024)}`);
}
await cache.close();
rmSync(folder, { recursive: true });
