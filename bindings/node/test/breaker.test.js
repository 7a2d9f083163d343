import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';

import { openTemp } from './helpers.js';

const down = async () => {
  throw new Error('down');
};

test('a breaker opens after failures in a row and answers with the fallback', async (t) => {
  const breaker = openTemp(t).breaker('service', { failures: 2 });
  assert.equal(await breaker.execute(async () => 5), 5);
  await assert.rejects(breaker.execute(down), /down/);
  assert.equal(await breaker.execute(down, (error) => error.message), 'down');
  await assert.rejects(breaker.execute(down), (error) => {
    assert.equal(error.code, 'TAPPS_OPEN_CIRCUIT');
    assert.ok(error.retryAfterMs > 0);
    return true;
  });
  assert.equal(await breaker.execute(down, async (error) => error.code), 'TAPPS_OPEN_CIRCUIT');
  const state = breaker.read();
  assert.equal(state.state, 'open');
  assert.equal(state.successes, 1);
  assert.equal(state.failures, 2);
  assert.equal(state.rejected, 2);
});

test('a breaker bounds concurrency and gives every place back', async (t) => {
  const breaker = openTemp(t).breaker('narrow', { maxConcurrency: 1 });
  let release;
  const first = breaker.execute(() => new Promise((resolve) => (release = resolve)));
  await assert.rejects(
    breaker.execute(() => 1),
    { code: 'TAPPS_BUSY' },
  );
  release('done');
  assert.equal(await first, 'done');
  assert.equal(await breaker.execute(() => 2), 2);
  assert.equal(breaker.read().inFlight, 0);
});

test("what is not the callee's fault does not count", async (t) => {
  const breaker = openTemp(t).breaker('picky', {
    failures: 1,
    isFailure: (error) => error.message !== 'mine',
  });
  await assert.rejects(
    breaker.execute(() => {
      throw new Error('mine');
    }),
    /mine/,
  );
  assert.equal(breaker.read().state, 'closed');
  assert.equal(breaker.read().ignored, 1);
  const usual = openTemp(t).breaker('usual', { failures: 1 });
  await assert.rejects(usual.execute(() => AbortSignal.abort().throwIfAborted()));
  assert.equal(usual.read().state, 'closed');
});

test('a breaker is forced by hand, and tells', async (t) => {
  const cache = openTemp(t);
  const breaker = cache.breaker('hand');
  const awake = setTimeout(() => {}, 10_000); // listening alone does not keep the process running
  t.after(() => clearTimeout(awake));
  const event = once(cache, 'breaker', { signal: AbortSignal.timeout(5000) });
  breaker.force('open');
  assert.equal(breaker.read().forced, 'open');
  await assert.rejects(
    breaker.execute(() => 1),
    { code: 'TAPPS_OPEN_CIRCUIT' },
  );
  breaker.force('auto');
  assert.equal(await breaker.execute(() => 1), 1);
  assert.throws(() => breaker.force('ajar'), TypeError);
  const [{ at, ...told }] = await event;
  assert.deepEqual(told, { name: 'hand', from: 'closed', to: 'open', forced: true, openMs: 0 });
  assert.ok(Math.abs(Date.now() - at) < 60_000);
});

test('breakers of one name are one', async (t) => {
  const cache = openTemp(t);
  const one = cache.breaker('same', { failures: 1 });
  await assert.rejects(one.execute(down));
  assert.equal(cache.breaker('same').read().state, 'open');
  assert.throws(() => cache.breaker('same', { failures: 9 }), { code: 'TAPPS_EXISTS' });
  assert.throws(() => cache.breaker(''), { code: 'TAPPS_INVALID' });
});

test('a permit is given back at the end of its block', async (t) => {
  const breaker = openTemp(t).breaker('block', { maxConcurrency: 1 });
  const permit = await breaker.acquire();
  assert.equal(breaker.read().inFlight, 1);
  permit[Symbol.dispose]();
  permit.report('failure'); // what came first counts
  const { inFlight, ignored, failures } = breaker.read();
  assert.deepEqual([inFlight, ignored, failures], [0, 1, 0]);
});
