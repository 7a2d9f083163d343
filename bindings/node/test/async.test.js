// The event loop: aborts, many operations at once, memory, no blocking.
import assert from 'node:assert/strict';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import test from 'node:test';

import { open } from '../index.js';
import { openTemp, startOrigin, tempFolder } from './helpers.js';

test('an abort rejects at once with the reason', async (t) => {
  const { url } = await startOrigin(t, () => {}); // never answers
  const cache = openTemp(t);
  const controller = new AbortController();
  const reason = new Error('enough');
  const fetching = cache.fetch(url, { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(fetching, reason);
  await assert.rejects(cache.fetch(url, { signal: controller.signal }), reason);
  await assert.rejects(cache.get('k', { signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(cache.fetch(url, { signal: AbortSignal.timeout(20) }), {
    name: 'TimeoutError',
  });
  const plain = new AbortController();
  const second = cache.fetch(url, { signal: plain.signal });
  plain.abort();
  await assert.rejects(second, { name: 'AbortError' });
});

test('a thousand aborts race with their answers, each settles once', async (t) => {
  const { url } = await startOrigin(t, (request, response) => response.end('x'));
  const cache = openTemp(t);
  let aborted = 0;
  let answered = 0;
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const controller = new AbortController();
        const fetching = cache.fetch(`${url}/${i}`, {
          cache: 'no-store',
          signal: controller.signal,
        });
        if (i % 5 === 0) controller.abort();
        else setTimeout(() => controller.abort(), i % 7);
        try {
          await (await fetching).text();
          answered += 1;
        } catch (error) {
          assert.equal(error.name, 'AbortError');
          aborted += 1;
        }
      }),
    );
  }
  assert.equal(aborted + answered, 1000);
  assert.ok(aborted >= 200);
  assert.equal(await (await cache.fetch(url)).text(), 'x', 'the cache goes on');
});

test('one signal serves many operations without a warning', async (t) => {
  const warnings = [];
  const note = (warning) => warnings.push(warning);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const { url } = await startOrigin(t, () => {});
  const cache = openTemp(t);
  const controller = new AbortController();
  const fetches = Array.from({ length: 100 }, () =>
    cache.fetch(url, { signal: controller.signal }),
  );
  setImmediate(() => controller.abort());
  const results = await Promise.allSettled(fetches);
  assert.ok(results.every((result) => result.status === 'rejected'));
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});

test('ten thousand gets at once are read off the event loop, which keeps turning', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  const writer = open(file);
  const keys = Array.from({ length: 10_000 }, (_, i) => `key ${i}`);
  await writer.putMany(keys.map((key) => [key, `value of ${key}`]));
  await writer.close();
  const cache = open(file);
  t.after(() => cache.close());
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const values = await Promise.all(keys.map((key) => cache.get(key)));
  clearInterval(timer);
  values.forEach((value, i) => assert.equal(String(value), `value of ${keys[i]}`));
  assert.ok(turns > 0);
  const again = await Promise.all(keys.map((key) => cache.get(key)));
  assert.equal(String(again[9_999]), 'value of key 9999');
});

test('waiting does not block the event loop', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    setTimeout(() => response.end('late'), 300);
  });
  const cache = openTemp(t);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await Promise.all([
    cache.fetch(url),
    cache.put('k', Buffer.alloc(1 << 20), { durability: 'full' }),
    cache.deleteAll({ prefix: 'x' }),
    cache.flush(),
  ]);
  delay.disable();
  assert.ok(delay.max / 1e6 < 250, `longest pause ${delay.max / 1e6} ms`);
});

test(
  'memory stays flat over a hundred thousand operations',
  { skip: !globalThis.gc && 'needs --expose-gc' },
  async (t) => {
    const cache = openTemp(t, { memoryBytes: 1 << 20 });
    const value = Buffer.alloc(1000, 1);
    const run = async (count) => {
      for (let i = 0; i < count; i += 100) {
        await Promise.all(
          Array.from({ length: 50 }, async (_, j) => {
            await cache.put(`k${j}`, value);
            await cache.get(`k${j}`);
          }),
        );
      }
      await cache.flush();
      await new Promise((resolve) => setTimeout(resolve, 20));
      globalThis.gc();
      await new Promise(setImmediate); // finalizers
      globalThis.gc();
      return process.memoryUsage().rss;
    };
    await run(20_000);
    const before = await run(20_000);
    const after = await run(100_000);
    assert.ok(after - before < 24 << 20, `grew by ${(after - before) / (1 << 20)} MiB`);
  },
);

test(
  'forgotten caches, breakers and walks are collected',
  { skip: !globalThis.gc && 'needs --expose-gc' },
  async (t) => {
    const file = path.join(tempFolder(), 'cache.db');
    const references = [];
    const use = async () => {
      const cache = open(file);
      await cache.put('k', 'v');
      cache.breaker('b');
      for await (const entry of cache.entries()) assert.equal(String(entry.key), 'k');
      references.push(new WeakRef(cache));
    };
    for (let i = 0; i < 20; i += 1) await use();
    for (let i = 0; i < 10; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc();
    }
    const left = references.filter((reference) => reference.deref()).length;
    assert.ok(left <= 2, `${left} of 20 are left`);
  },
);

test('closing rejects what is under way', async (t) => {
  const { url } = await startOrigin(t, () => {});
  const cache = openTemp(t);
  const fetching = cache.fetch(url);
  const settled = assert.rejects(fetching, (error) =>
    ['TAPPS_CLOSED', 'TAPPS_CANCELLED'].includes(error.code),
  );
  await cache.close();
  await settled;
});
