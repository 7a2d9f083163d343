// undici's cache interceptor with both of its stores, under request() and under fetch(), with its
// defaults.
//
// usage: clients.mjs WORKLOAD SCRATCH "undici request|fetch, memory|sqlite"; ../README.md has the
// protocol

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Agent, cacheStores, fetch, interceptors, request } from 'undici'
import { fetchRows } from './rounds.mjs'

const [workload, scratch, who] = process.argv.slice(2)
const store = who.endsWith('sqlite')
  ? new cacheStores.SqliteCacheStore({ location: `${scratch}/cache.db` })
  : new cacheStores.MemoryCacheStore()
const dispatcher = new Agent().compose(interceptors.cache({ store }))

const clients = {
  request: async (url) => {
    const { body } = await request(url, { dispatcher })
    return (await body.arrayBuffer()).byteLength
  },
  fetch: async (url) => {
    const response = await fetch(url, { dispatcher })
    return (await response.arrayBuffer()).byteLength
  }
}
const get = clients[who.startsWith('undici request') ? 'request' : 'fetch']
const rows = fetchRows(readFileSync(`${workload}/url`, 'utf8'), get)

for await (const row of createInterface({ input: process.stdin })) {
  const lines = []
  await rows[row]((metric, unit, value) => {
    lines.push(JSON.stringify({ row, who, metric, unit, value }) + '\n')
  })
  process.stdout.write(lines.join('') + '\n')
}
process.exit(0)
