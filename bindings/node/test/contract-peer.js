// The peer of the contract cases: see tests/contract/README.md.
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { open } from '../index.js';

let cache;
let form;
const breakers = new Map();

const text = (name) => form.get(name) ?? undefined;
const has = (name) => form.has(name);
const bytes = (name) => form.getAll(name).map((digits) => Buffer.from(digits, 'hex'));
const number = (name) => (has(name) ? Number(text(name)) : undefined);
const hex = (data) => Buffer.from(data).toString('hex');
const flag = (on) => (on ? 1 : 0);
const space = () => ({ namespace: text('space') });
const how = () => ({
  ...space(),
  cachedOnly: has('cached_only'),
  allowStale: has('allow_stale'),
  peek: has('peek'),
});
const putOptions = () => ({
  ...space(),
  ttlMs: number('ttl_ms'),
  staleMs: number('stale_ms'),
  durability: text('durability'),
  negative: has('negative'),
  sliding: has('sliding'),
  contentType: text('content_type'),
  source: text('source'),
  tags: has('tag') ? form.getAll('tag') : undefined,
  json: has('json') ? parsed(text('json')) : undefined,
});

// The binding takes an object: what is no JSON cannot be given to it.
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    throw Object.assign(new TypeError('json: no JSON'), { code: 'TAPPS_INVALID' });
  }
}

const missing = [['code', 'NOT_FOUND']];

const verbs = {
  open() {
    cache = open(text('path'), {
      readOnly: has('read_only'),
      offline: has('offline'),
      memoryBytes: number('memory_bytes'),
      ttlMs: number('ttl_ms'),
    });
  },
  async close() {
    await cache?.close();
  },
  state: () => [['state', cache.state]],
  path: () => [['path', cache.path]],
  async get() {
    const found = await cache.get(bytes('key')[0], how());
    return found === undefined ? missing : [['value', hex(found)]];
  },
  async entry() {
    const found = await cache.getEntry(bytes('key')[0], how());
    if (!found) return missing;
    return [
      ['value', hex(found.value)],
      ['stale', flag(found.stale)],
      ['content_type', found.contentType ?? ''],
      ['source', found.source ?? ''],
      ['json', JSON.stringify(found.json ?? null)],
      ['served_from', found.servedFrom],
      ...found.tags.map((tag) => ['tag', tag]),
    ];
  },
  async get_many() {
    const found = await cache.getMany(bytes('key'), space());
    return found.map((value) => ['item', value === undefined ? '-' : `=${hex(value)}`]);
  },
  async put() {
    await cache.put(bytes('key')[0], bytes('value')[0], putOptions());
  },
  async put_many() {
    const values = bytes('value');
    await cache.putMany(
      bytes('key').map((key, i) => [key, values[i]]),
      putOptions(),
    );
  },
  async delete() {
    await cache.delete(bytes('key')[0], space());
  },
  async delete_all() {
    const count = await cache.deleteAll({
      ...space(),
      allNamespaces: has('all_spaces'),
      prefix: bytes('prefix')[0],
      tag: text('tag'),
    });
    return [['count', count]];
  },
  async touch() {
    await cache.touch(bytes('key')[0], number('ttl_ms'), space());
  },
  async flush() {
    await cache.flush();
  },
  async entries() {
    const answer = [];
    for await (const entry of cache.entries({ ...space(), prefix: bytes('prefix')[0] })) {
      answer.push(['key', hex(entry.key)]);
    }
    return answer;
  },
  stats: () => [['json', JSON.stringify(cache.stats())]],
  async fetch() {
    const stop = new AbortController();
    const lines = (text('headers') ?? '').split('\n').filter(Boolean);
    const answer = cache.fetch(text('url'), {
      method: text('method'),
      headers: lines.map((line) => line.split(': ')),
      body: bytes('body')[0],
      cache: text('policy')?.replaceAll('_', '-'),
      timeoutMs: number('timeout_ms'),
      signal: stop.signal,
    });
    if (has('cancel')) setImmediate(() => stop.abort());
    const found = await answer;
    return [
      ['status', found.status],
      ['value', hex(await found.arrayBuffer())],
      ['served_from', found.tapps.servedFrom],
      ['stale', flag(found.tapps.stale)],
    ];
  },
  async docs() {
    const found = await cache.docs(text('library'), {
      topic: text('topic'),
      projectRoot: text('project_root'),
    });
    return [
      ['value', hex(found.text)],
      ['library', found.library],
      ['version', found.version],
      ['ecosystem', found.ecosystem],
    ];
  },
  async plan() {
    return [['json', JSON.stringify(await cache.plan(text('root')))]];
  },
  async warm() {
    let seen = 0;
    const result = await cache.warm(text('root'), { onProgress: () => (seen = 1) });
    return [
      ['json', JSON.stringify(result)],
      ['progress', seen],
    ];
  },
  breaker_open() {
    const options = has('failures') || has('open_ms')
      ? { failures: number('failures'), openMs: number('open_ms') }
      : undefined;
    breakers.set(text('name'), cache.breaker(text('name'), options));
  },
  async breaker_call() {
    const outcome = text('outcome');
    const failed = new Error('on purpose');
    if (outcome === 'ignored') failed.name = 'AbortError';
    try {
      await breakers.get(text('name')).execute(async () => {
        if (outcome !== 'success') throw failed;
      });
    } catch (error) {
      if (error !== failed) throw error;
    }
  },
  breaker_force() {
    breakers.get(text('name')).force(text('mode'));
  },
  breaker_read() {
    const found = breakers.get(text('name')).read();
    const state = found.state.replace('-', '_');
    return [
      ['state', state],
      ...['failures', 'successes', 'rejected'].map((name) => [name, found[name]]),
    ];
  },
  async event() {
    const waiting = once(cache, 'breaker');
    cache.breaker(text('name')).force('open');
    const [event] = await waiting;
    return [['json', JSON.stringify(event)]];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  form = new URLSearchParams(line);
  let answer;
  try {
    const verb = verbs[text('do')];
    answer = verb ? ((await verb()) ?? []) : [['lack', '1']];
  } catch (error) {
    const code = error.name === 'AbortError' ? 'CANCELLED' : error.code?.replace('TAPPS_', '');
    answer = [
      ['code', code ?? 'EXCEPTION'],
      ['message', error.message],
    ];
  }
  if (!answer.some(([name]) => name === 'code' || name === 'lack')) answer.push(['code', 'OK']);
  process.stdout.write(`${new URLSearchParams(answer)}\n`);
}
