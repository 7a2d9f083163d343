// The Node binding: hits, and fetches through the cache. ../../README.md has the protocol.
//
// usage: contender.mjs WORKLOAD SCRATCH WHO

import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { open } from '../../../../bindings/node/index.js'
import { fetchRows, now, median } from '../../node/rounds.mjs'

const KEY_BYTES = 40
const VALUE_BYTES = 1024
const HOT_KEYS = 1000
const CHUNK = 500

const [workload, scratch, who] = process.argv.slice(2)
const cache = open(`${scratch}/cache.db`, { maxConcurrency: 8 })

// The median of the means of chunks.
function timed (order, step) {
  const means = []
  for (let at = 0; at + CHUNK <= order.length; at += CHUNK) {
    const began = now()
    for (let i = at; i < at + CHUNK; i++) step(order[i])
    means.push((now() - began) / CHUNK)
  }
  return median(means)
}

let order
async function fill () {
  const bytes = readFileSync(`${workload}/keys.bin`)
  const pool = readFileSync(`${workload}/pool.bin`)
  const keys = []
  for (let i = 0; i < HOT_KEYS; i++) {
    keys.push(bytes.toString('latin1', i * KEY_BYTES, (i + 1) * KEY_BYTES))
    const at = (i * 61) % (pool.length - VALUE_BYTES)
    await cache.put(keys[i], pool.subarray(at, at + VALUE_BYTES))
  }
  const numbers = readFileSync(`${workload}/zipf.u32`)
  order = Array.from({ length: numbers.length / 4 }, (_, i) =>
    keys[numbers.readUInt32LE(i * 4) % HOT_KEYS])
}

let sink = 0
const rows = {
  'memory hit, bindings': async (show) => {
    if (!order) await fill()
    const loop = timed(order, (key) => { sink += key.charCodeAt(0) })
    show('mean', 'ns', timed(order, (key) => { sink += cache.getSync(key)[0] }) - loop)
  }
}
if (existsSync(`${workload}/url`)) {
  Object.assign(rows, fetchRows(readFileSync(`${workload}/url`, 'utf8'), async (url) => {
    const response = await cache.fetch(url)
    return (await response.arrayBuffer()).byteLength
  }))
}

for await (const row of createInterface({ input: process.stdin })) {
  const lines = []
  await rows[row]((metric, unit, value) => {
    lines.push(JSON.stringify({ row, who, metric, unit, value }) + '\n')
  })
  process.stdout.write(lines.join('') + '\n')
}
