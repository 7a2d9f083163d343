// Loads, conditional writes, many fetches: what the contract cases cannot ask.
import assert from 'node:assert/strict';
import test from 'node:test';

import { open } from '../index.js';
import { openTemp, startOrigin } from './helpers.js';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('a load that is aborted ends its lease, and the next one loads', async (t) => {
  const cache = openTemp(t);
  const controller = new AbortController();
  let heard;
  const loading = cache.getOrLoad(
    'k',
    async (key, { signal }) => {
      heard = signal;
      controller.abort(new Error('enough'));
      return 'too late';
    },
    { signal: controller.signal },
  );
  await assert.rejects(loading, /enough/);
  assert.equal(heard, controller.signal);
  assert.equal(await cache.get('k'), undefined);
  assert.equal(String(await cache.getOrLoad('k', () => 'one')), 'one');
});

test('an abort while somebody else loads leaves that load alone', async (t) => {
  const cache = openTemp(t);
  let finish;
  const first = cache.getOrLoad('k', () => new Promise((resolve) => (finish = resolve)));
  const controller = new AbortController();
  const second = cache.getOrLoad('k', () => assert.fail('loads twice'), {
    signal: controller.signal,
  });
  while (!finish) await pause(1);
  controller.abort();
  await assert.rejects(second, { name: 'AbortError' });
  finish('one');
  assert.equal(String(await first), 'one');
});

test('aborts that race with their leases leave none behind', async (t) => {
  const cache = openTemp(t);
  await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), i % 5);
      return cache.getOrLoad(`k${i}`, () => pause(2), { signal: controller.signal });
    }),
  );
  for (let i = 0; i < 50; i += 1) {
    assert.equal(String(await cache.getOrLoad(`k${i}`, () => 'v')), 'v', `k${i}`);
  }
});

test('a loader that finds nothing stores nothing', async (t) => {
  const cache = openTemp(t);
  assert.equal(await cache.getOrLoad('k', () => undefined), undefined);
  assert.equal(await cache.has('k'), false);
});

test('a value with options that are refused leaves the key to the next', async (t) => {
  const cache = openTemp(t);
  for (const wrong of [{ json: [1] }, { contentType: 'a\0b' }, { tags: ['a\0b'] }]) {
    await assert.rejects(cache.getOrLoad('k', () => 'one', wrong));
    const load = { timeoutMs: 0 };
    assert.equal(String(await cache.getOrLoad('k', () => 'two', { load })), 'two');
    await cache.delete('k');
  }
});

test('a value that cannot be stored is good all the same', async (t) => {
  const cache = openTemp(t);
  const made = cache.getOrLoad('k', async () => {
    await cache.close();
    return 'made';
  });
  assert.equal(String(await made), 'made');
});

test('a lease is given back after the close, too', async (t) => {
  const cache = openTemp(t);
  const other = open(cache.path);
  t.after(() => other.close());
  const failing = cache.getOrLoad('k', async () => {
    await cache.close();
    throw new Error('down');
  });
  await assert.rejects(failing, /down/);
  const load = { timeoutMs: 0 };
  assert.equal(String(await other.getOrLoad('k', () => 'one', { load })), 'one');
});

test('many fetches are refused before the first is sent', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => response.end());
  const cache = openTemp(t);
  for (const wrong of ['', '\n', `${url}\n${url}`, `${url}\r`]) {
    await assert.rejects(cache.fetchMany([url, wrong]).next(), { code: 'TAPPS_INVALID' });
  }
  await assert.rejects(cache.fetchMany(['']).next(), { code: 'TAPPS_INVALID' });
  await assert.rejects(cache.fetch(''), { code: 'TAPPS_INVALID' });
  assert.equal(requests.length, 0);
});

test('a swap that lost says which version is there', async (t) => {
  const cache = openTemp(t);
  const version = await cache.swap('k', 0, 'one');
  await assert.rejects(cache.swap('k', 0, 'two'), (error) => {
    assert.deepEqual([error.code, error.version], ['TAPPS_EXISTS', version]);
    return true;
  });
  await assert.rejects(cache.swap('k', -1, 'two'), { code: 'TAPPS_INVALID' });
});

test('leaving many fetches ends the rest, an abort throws', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    if (request.url !== '/slow') response.end(request.url);
  });
  const cache = openTemp(t);
  for await (const { response } of cache.fetchMany([`${url}/a`, `${url}/slow`])) {
    assert.equal(await response.text(), '/a');
    break;
  }
  const signal = AbortSignal.timeout(50);
  const walk = async () => {
    for await (const _ of cache.fetchMany([`${url}/slow`], { signal }));
  };
  await assert.rejects(walk(), { name: 'TimeoutError' });
  await cache.close();
});

test('a permit that comes after an abort is given back', async (t) => {
  const cache = openTemp(t);
  const breaker = cache.breaker('b', { maxConcurrency: 1 });
  for (let round = 0; round < 20; round += 1) {
    const held = await breaker.acquire();
    const controller = new AbortController();
    const waiting = breaker.acquire({ waitMs: 10_000, signal: controller.signal });
    held.report('success');
    controller.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    const next = await breaker.acquire({ waitMs: 5_000 });
    next.report('success');
  }
  assert.equal(breaker.read().inFlight, 0);
});

test('a failure of this process alone is told as one', async (t) => {
  const breaker = openTemp(t).breaker('b', { failures: 1, isFailure: () => 'local' });
  await assert.rejects(
    breaker.execute(() => {
      throw new Error('no route');
    }),
    /no route/,
  );
  assert.equal(breaker.read().state, 'open');
});
