// undici's SqliteCacheStore (WAL, synchronous=NORMAL, a statement a call) and cacache, each with its
// defaults. cacache keeps a file an entry and holds 5,000 of them here.
//
// usage: contender.mjs WORKLOAD SCRATCH undici|cacache; ../README.md has the protocol

import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import cacache from 'cacache'
import { cacheStores } from 'undici'

const KEY_BYTES = 40
const VALUE_BYTES = 1024
const BUDGET_NS = 1e9
const PUTS_BUDGET_NS = 2e9
const BEAT_NS = 200_000 // 5,000 a second
const CHUNK = 50
const PACED_PUTS = 2000
const now = () => Number(process.hrtime.bigint())

const [workload, scratch, who] = process.argv.slice(2)
const keyBytes = readFileSync(`${workload}/keys.bin`)
const keys = []
for (let i = 0; i < keyBytes.length; i += KEY_BYTES) {
  keys.push(keyBytes.toString('latin1', i, i + KEY_BYTES))
}
const pool = readFileSync(`${workload}/pool.bin`)
const value = (i) => {
  const at = (i * 61) % (pool.length - VALUE_BYTES)
  return pool.subarray(at, at + VALUE_BYTES)
}
const orderBytes = readFileSync(`${workload}/uniform.u32`)
const uniform = Array.from({ length: orderBytes.length / 4 }, (_, i) =>
  orderBytes.readUInt32LE(i * 4)
)

// A store that undici's interceptor would be given: get(key), createWriteStream(key, value).
class Undici {
  entries = keys.length
  persisted = 20_000
  constructor (path) {
    this.store = new cacheStores.SqliteCacheStore({ location: path })
    this.answer = {
      statusCode: 200,
      statusMessage: 'OK',
      headers: { 'content-type': 'application/octet-stream' },
      cachedAt: Date.now(),
      staleAt: Date.now() + 1e9,
      deleteAt: Date.now() + 1e9
    }
  }

  request (key) {
    return { origin: 'https://example.org', path: key.slice(19), method: 'GET', headers: {} }
  }

  get (key) {
    return this.store.get(this.request(key)).body[0]
  }

  async put (key, value) {
    const stream = this.store.createWriteStream(this.request(key), this.answer)
    stream.end(value)
    await finished(stream)
  }

  close () {
    this.store.close()
  }
}

class Cacache {
  entries = Math.min(keys.length, 5_000)
  persisted = 1000
  constructor (path) {
    this.path = path
  }

  async get (key) {
    return (await cacache.get(this.path, key, { memoize: false })).data[0]
  }

  put (key, value) {
    return cacache.put(this.path, key, value)
  }

  close () {}
}

const Store = { undici: Undici, cacache: Cacache }[who]

async function fill (store, count) {
  for (let i = 0; i < count; i++) await store.put(keys[i], value(i))
}

function median (values) {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

// The mean of a get, less the loop around it.
async function gets (store) {
  const loop = async (step) => {
    const means = []
    const start = now()
    for (let i = 0; i + CHUNK <= uniform.length && now() - start < BUDGET_NS; i += CHUNK) {
      const began = now()
      for (let k = i; k < i + CHUNK; k++) {
        const got = step(keys[uniform[k] % store.entries])
        if (typeof got !== 'number') await got
      }
      means.push((now() - began) / CHUNK)
    }
    return median(means)
  }
  return (await loop((key) => store.get(key))) - (await loop((key) => key.charCodeAt(39)))
}

async function puts (store, first) {
  const samples = []
  const start = now()
  let next = start
  for (let n = first; n < first + PACED_PUTS && now() - start < PUTS_BUDGET_NS; n++) {
    const i = n % keys.length
    while (now() < next);
    next = Math.max(next, now() - BEAT_NS) + BEAT_NS
    const began = now()
    await store.put(keys[i], value(i))
    samples.push(now() - began)
  }
  return samples.sort((a, b) => a - b)
}

let filled, paced
let put = 0
const rows = {
  'disk hit, stores': async (show) => {
    if (!filled) {
      filled = new Store(`${scratch}/disk`)
      await fill(filled, filled.entries)
    }
    show('uniform', 'ns', await gets(filled))
  },
  'put, stores': async (show) => {
    paced ??= new Store(`${scratch}/put`)
    const samples = await puts(paced, put)
    put += PACED_PUTS
    show('p50', 'ns', samples[samples.length >> 1])
    show('p99', 'ns', samples[Math.floor(samples.length * 0.99)])
  },
  'persisted puts, stores': async (show) => {
    const store = new Store(`${scratch}/persist`)
    const count = Math.min(store.persisted, keys.length)
    const began = now()
    await fill(store, count)
    show('rate', '/s', (count / (now() - began)) * 1e9)
    store.close()
    for (const end of ['', '-wal', '-shm']) {
      rmSync(`${scratch}/persist${end}`, { recursive: true, force: true })
    }
  }
}

for await (const row of createInterface({ input: process.stdin })) {
  const lines = []
  await rows[row]((metric, unit, value) => {
    lines.push(JSON.stringify({ row, who, metric, unit, value }) + '\n')
  })
  process.stdout.write(lines.join('') + '\n')
}
