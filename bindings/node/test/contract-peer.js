// The peer of the contract cases: see tests/contract/README.md.
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { open } from '../index.js';

let cache;
let form;
const breakers = new Map();
const permits = new Map();
const BREAKER_OPTIONS = [
  'failures', 'open_ms', 'max_concurrency', 'max_waiting', 'failure_rate', 'slow_rate', 'slow_ms',
  'window_calls', 'min_calls', 'retries', 'retry_ms', 'max_retry_ms',
];

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
  showNegative: has('show_negative'),
});
const filter = () => ({
  ...space(),
  allNamespaces: has('all_spaces'),
  prefix: bytes('prefix')[0],
  tag: text('tag'),
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
      preloadBytes: number('preload_bytes'),
      diskEntries: number('disk_entries'),
      policy: text('policy'),
      noProxy: text('no_proxy'),
      secretNames: has('secret_name') ? form.getAll('secret_name') : undefined,
      denyPrivate: has('deny_private'),
      sharedHttp: has('shared_http'),
      keepSetCookie: has('keep_set_cookie'),
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
      ['version', found.version],
      ['stale', flag(found.stale)],
      ['negative', flag(found.negative)],
      ['content_type', found.contentType ?? ''],
      ['source', found.source ?? ''],
      ['json', JSON.stringify(found.json ?? null)],
      ['served_from', found.servedFrom],
      ...found.tags.map((tag) => ['tag', tag]),
    ];
  },
  async contains() {
    const version = await cache.version(bytes('key')[0], space());
    const there = await cache.has(bytes('key')[0], space());
    if (there !== version > 0) throw new Error('has() and version() differ');
    return there ? [['version', version]] : missing;
  },
  async swap() {
    const version = number('version');
    const stored = await cache.swap(bytes('key')[0], version, bytes('value')[0], putOptions());
    return [['version', stored]];
  },
  async load() {
    let loads = 0;
    const loader = async () => {
      loads += 1;
      if (has('at_once')) await new Promise((resolve) => setTimeout(resolve, 50));
      if (has('fail')) throw Object.assign(new Error('on purpose'), { code: 'LOADER' });
      return bytes('value')[0];
    };
    const callers = Array.from({ length: number('at_once') ?? 1 }, () =>
      cache.getOrLoad(bytes('key')[0], loader, putOptions()),
    );
    const found = await Promise.all(callers);
    if (found.includes(undefined)) return missing;
    return [...found.map((value) => ['value', hex(value)]), ['loads', loads]];
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
    return [['count', await cache.deleteAll(filter())]];
  },
  async count() {
    const { entries, bytes: size } = await cache.count(filter());
    return [
      ['count', entries],
      ['bytes', size],
    ];
  },
  set_space() {
    const lifetimes = {
      ttlMs: number('ttl_ms'),
      staleMs: number('stale_ms'),
      negativeTtlMs: number('negative_ttl_ms'),
    };
    const given = Object.values(lifetimes).some((value) => value !== undefined);
    cache.setNamespace(text('space'), given ? lifetimes : undefined);
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
  survey: async () => [['json', JSON.stringify(await cache.survey())]],
  check: async () => [['json', JSON.stringify(await cache.check({ deep: has('deep') }))]],
  backup: () => cache.backup(text('path')),
  compact: async () => [['freed', await cache.compact()]],
  async fetch_many() {
    const items = [];
    const urls = form.getAll('url');
    const options = { parallel: number('parallel'), inOrder: true };
    for await (const { url, response } of cache.fetchMany(urls, options)) {
      if (url !== urls[items.length]) throw new Error(`out of order: ${url}`);
      items.push(['item', response ? `=${hex(await response.arrayBuffer())}` : '-']);
    }
    return items;
  },
  set_offline: () => cache.setOffline(text('offline') === '1'),
  async fetch() {
    const stop = new AbortController();
    const lines = (text('headers') ?? '').split('\n').filter(Boolean);
    const answer = cache.fetch(text('url'), {
      method: text('method'),
      headers: lines.map((line) => line.split(': ')),
      body: bytes('body')[0],
      cache: text('policy')?.replaceAll('_', '-'),
      timeoutMs: number('timeout_ms'),
      ttlMs: number('ttl_ms'),
      retries: number('retries'),
      firstByteMs: number('first_byte_ms'),
      denyPrivate: has('deny_private'),
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
    const options = Object.fromEntries(
      BREAKER_OPTIONS.filter((name) => has(name)).map((name) => [
        name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
        number(name),
      ]),
    );
    breakers.set(text('name'), cache.breaker(text('name'), options));
    permits.set(text('name'), []);
  },
  async breaker_acquire() {
    const permit = await breakers.get(text('name')).acquire({ waitMs: number('wait_ms') });
    permits.get(text('name')).push(permit);
  },
  breaker_report() {
    const outcome = text('outcome') === 'local_failure' ? 'localFailure' : text('outcome');
    permits.get(text('name')).shift().report(outcome);
  },
  breaker_limit() {
    breakers.get(text('name')).limit(number('calls'), number('within_ms'));
  },
  breaker_retry() {
    const asked = { attempt: number('attempt'), status: number('status') };
    return [['delay_ms', breakers.get(text('name')).retryDelay(asked)]];
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
    answer = verb ? [...((await verb()) ?? [])] : [['lack', '1']];
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
