// Use of the package as TypeScript sees it: tsc --strict has nothing to say. Run by the tests, with
// --noEmit; every line marked as an error has to be one.
import {
  type Breaker, type Cache, type CachedResponse, type Document, type Entry, type ErrorCode,
  open, type Plan, TappsError, version, type WarmResult,
} from 'tapps';

async function entries(cache: Cache): Promise<number> {
  await cache.put('a', 'one', { ttlMs: 60_000, tags: ['x'], durability: 'sync', json: { a: 1 } });
  await cache.put(new Uint8Array([1]), Buffer.from('two'), { signal: AbortSignal.timeout(1000) });
  const value: Buffer | undefined = await cache.get('a', { allowStale: true });
  const entry: Entry | undefined = await cache.getEntry('a');
  const many: (Buffer | undefined)[] = await cache.getMany(['a', 'b']);
  await cache.putMany(new Map([['k', 'v']]));
  for await (const { key, size } of cache.entries({ prefix: 'a' })) console.log(key.length + size);
  const made = await cache.getOrLoad('c', async (key, { signal }) => {
    signal?.throwIfAborted();
    return `made for ${String(key)}`;
  }, { ttlMs: 1000, load: { timeoutMs: 0 } });
  try {
    await cache.swap('a', entry?.version ?? 0, 'mine');
  } catch (error) {
    if (error instanceof TappsError) {
      const code: ErrorCode = error.code;
      if (code === 'TAPPS_EXISTS') return error.version ?? 0;
    }
    throw error;
  }
  // @ts-expect-error: a durability that does not exist
  await cache.put('a', 'one', { durability: 'later' });
  // @ts-expect-error: not an option
  await cache.get('a', { ttl: 5 });
  // @ts-expect-error: not bytes
  await cache.put('a', 5);
  const { entries: count } = await cache.count({ tag: 'x' });
  return count + many.length + (value?.length ?? 0) + (made?.length ?? 0);
}

// Takes whatever has the type of the standard function.
async function standard(fetcher: typeof globalThis.fetch): Promise<Response> {
  return fetcher('http://127.0.0.1/', { method: 'POST', body: 'x', signal: AbortSignal.timeout(1) });
}

async function answers(cache: Cache): Promise<string> {
  const response: CachedResponse = await cache.fetch(new URL('http://127.0.0.1/'), {
    cache: 'force-cache', timeoutMs: 1000, headers: { accept: 'text/html' },
  });
  await standard(cache.fetch);
  for await (const { response: one, error } of cache.fetchMany(['http://127.0.0.1/'])) {
    console.log(one?.tapps.servedFrom ?? error);
  }
  const document: Document = await cache.docs('left-pad', { topic: 'usage', maxTokens: Infinity });
  const plan: Plan = await cache.plan('.');
  const result: WarmResult = await cache.warm('.', { onProgress: ({ done }) => console.log(done) });
  return document.text + response.tapps.ageMs + plan.items.length + result.failed;
}

async function guarded(cache: Cache): Promise<string> {
  const breaker: Breaker = cache.breaker('search', { failures: 2, isFailure: () => 'local' });
  const found: number | string = await breaker.execute(() => 5, (error) => String(error));
  const permit = await breaker.acquire({ waitMs: 10 });
  permit.report('success');
  // @ts-expect-error: an outcome that does not exist
  permit.report('fine');
  const state: 'closed' | 'open' | 'half-open' = breaker.read().state;
  return state + found;
}

const cache = open(undefined, { policy: 'lru', memoryBytes: Infinity });
cache.on('state', ({ state, why }) => console.log(state === 'full', why.length));
cache.on('breaker', ({ name, to, openMs, at }) => console.log(name, to === 'open', openMs + at));
// @ts-expect-error: not a member of the event
cache.on('state', (event) => console.log(event.name));
console.log(version, await entries(cache), await answers(cache), await guarded(cache), cache.state);
await cache.close({ deadlineMs: 100 });
