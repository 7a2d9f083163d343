// Workers, and the end of the process.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

import { open } from '../index.js';
import { runModule, startOrigin, tempFolder } from './helpers.js';

const entry = JSON.stringify(new URL('../index.js', import.meta.url).href);

// Runs a module in a worker; its messages.
async function runWorker(source, workerData) {
  const messages = [];
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(url, { workerData });
  worker.on('message', (message) => messages.push(message));
  const [code] = await once(worker, 'exit');
  return { code, messages };
}

test('workers share the store', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  const cache = open(file);
  t.after(() => cache.close());
  await cache.put('from main', 'hello');
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { open } from ${entry};
    const cache = open(workerData.file);
    parentPort.postMessage(String(await cache.get('from main')));
    await cache.put('from worker ' + workerData.n, 'hi');
    if (workerData.n % 2) await cache.close();`;
  const runs = await Promise.all(
    Array.from({ length: 4 }, (_, n) => runWorker(source, { file, n })),
  );
  for (const run of runs) assert.deepEqual(run, { code: 0, messages: ['hello'] });
  for (let n = 0; n < 4; n += 1) assert.equal(String(await cache.get(`from worker ${n}`)), 'hi');
});

test('a worker may end with operations under way', async (t) => {
  const { url } = await startOrigin(t, () => {});
  const file = path.join(tempFolder(), 'cache.db');
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { open } from ${entry};
    const cache = open(workerData.file);
    cache.fetch(workerData.url).catch(() => {});
    for (let i = 0; i < 500; i += 1) { cache.put('k' + i, 'v'); cache.get('x' + i); }
    cache.deleteAll({ prefix: 'q' });
    for await (const _ of cache.entries()) break;
    if (workerData.how === 'exit') process.exit(0);
    parentPort.postMessage('ready');
    if (workerData.how === 'throw') throw new Error('on purpose');`;
  for (const how of ['exit', 'terminate', 'throw', 'exit', 'terminate']) {
    const dataUrl = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const worker = new Worker(dataUrl, { workerData: { file, url, how } });
    worker.on('error', (error) => assert.match(error.message, /on purpose/));
    if (how === 'terminate') worker.once('message', () => worker.terminate());
    const start = performance.now();
    await once(worker, 'exit').catch(() => {});
    assert.ok(performance.now() - start < 10_000, how);
  }
});

test('a process that ends without close keeps what it put', async (t) => {
  const file = path.join(tempFolder(), 'cache.db');
  for (const [key, end] of [
    ['returns', ''],
    ['exits', 'process.exit(0);'],
  ]) {
    const run = await runModule(`
      import { open } from 'tapps';
      const cache = open(${JSON.stringify(file)}, { commitIntervalMs: 5000 });
      await cache.put('${key}', 'kept');
      ${end}`);
    assert.deepEqual(
      { code: run.code, signal: run.signal, err: run.err },
      { code: 0, signal: null, err: '' },
    );
  }
  const cache = open(file);
  t.after(() => cache.close());
  assert.equal(String(await cache.get('returns')), 'kept');
  assert.equal(String(await cache.get('exits')), 'kept');
});

test('an open cache does not keep the process running, an operation does', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    setTimeout(() => response.end('late'), 200);
  });
  const file = path.join(tempFolder(), 'cache.db');
  const idle = await runModule(
    `
    import { open } from 'tapps';
    open(${JSON.stringify(file)}).getSync('k');
    console.log('done');`,
    { deadlineMs: 10_000 },
  );
  assert.deepEqual({ code: idle.code, out: idle.out }, { code: 0, out: 'done\n' });
  const busy = await runModule(`
    import { open } from 'tapps';
    const cache = open(${JSON.stringify(file)});
    cache.fetch('${url}').then((response) => response.text()).then(console.log);`);
  assert.deepEqual({ code: busy.code, out: busy.out }, { code: 0, out: 'late\n' }, busy.err);
});

test('exit with operations under way neither crashes nor hangs', async (t) => {
  const { url } = await startOrigin(t, () => {});
  for (const end of [
    'process.exit(7)',
    'setTimeout(() => process.exit(7), 5)',
    'process.exitCode = 7; ac.abort()',
  ]) {
    const run = await runModule(
      `
      import { open } from 'tapps';
      const cache = open(${JSON.stringify(path.join(tempFolder(), 'cache.db'))});
      const ac = new AbortController();
      const { signal } = ac;
      for (let i = 0; i < 20; i += 1) cache.fetch('${url}/' + i, { signal }).catch(() => {});
      for (let i = 0; i < 1000; i += 1) { cache.put('k' + i, 'v'); cache.get('x' + i); }
      cache.putMany([['a', 'b']]); cache.deleteAll({ prefix: 'z' });
      ${end};`,
      { deadlineMs: 15_000 },
    );
    assert.deepEqual(
      { code: run.code, signal: run.signal, err: run.err },
      { code: 7, signal: null, err: '' },
      end,
    );
  }
});

test('require works where Node can require modules', async (t) => {
  if (!process.features.require_module)
    return t.skip('this Node cannot require ECMAScript modules');
  const run = await runModule(`
    import { createRequire } from 'node:module';
    const { open } = createRequire(process.cwd() + '/')('tapps');
    open(':memory:').closeSync();`);
  assert.equal(run.code, 0, run.err);
});

test('a missing addon is explained', async () => {
  const run = await runModule(`import 'tapps';`, {
    env: { TAPPS_NODE_ADDON: '/nowhere/tapps.node' },
  });
  assert.equal(run.code, 1);
  assert.match(run.err, /npm run build/);
  assert.match(run.err, /\/nowhere\/tapps.node: not there/);
});
