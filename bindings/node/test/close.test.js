// What close() tells of operations, and what it refuses.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import { open } from '../index.js';
import { openTemp, tempFolder } from './helpers.js';

// Puts, and what became of them: how many are said to be stored, and how many are.
async function putAndClose(close) {
  const file = path.join(tempFolder(), 'cache.db');
  const cache = open(file);
  const puts = Array.from({ length: 2000 }, (_, i) =>
    cache.put(`k${i}`, 'v', { durability: 'sync' }),
  );
  const settled = Promise.allSettled(puts);
  await close(cache);
  const results = await settled;
  const again = open(file);
  const { entries } = await again.count();
  await again.close();
  return [results.filter(({ status }) => status === 'fulfilled').length, entries];
}

test('what is stored by the close is not said to be lost', async () => {
  const [told, stored] = await putAndClose((cache) => cache.close());
  assert.deepEqual([told, stored], [2000, 2000]);
});

test('nor is it by a synchronous close', async () => {
  const [told, stored] = await putAndClose((cache) => cache.closeSync());
  assert.deepEqual([told, stored], [2000, 2000]);
});

test('a deadline that is none closes nothing', async (t) => {
  const cache = openTemp(t);
  assert.throws(() => cache.closeSync({ deadlineMs: -1 }), { code: 'TAPPS_INVALID' });
  const closing = cache.close({ deadlineMs: -1 });
  await assert.rejects(closing, { code: 'TAPPS_INVALID' });
  await cache.put('k', 'v');
  assert.equal(cache.state, 'ok');
  await cache.close();
  assert.equal(cache.state, 'closed');
  await cache.close({ deadlineMs: -1 }); // closed already
});
