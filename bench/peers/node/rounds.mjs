// What the contenders of Node share: rounds of fetches.

export const now = () => Number(process.hrtime.bigint())

export function median (values) {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

const HITS = 5000
const MISSES = 800
const IN_FLIGHT = 8
const CHUNK = 50
const BODY_BYTES = 2048

// The rows that fetch, for a client get(url) that resolves with the size of the body it has read.
export function fetchRows (origin, get) {
  const checked = async (url) => {
    if (await get(url) !== BODY_BYTES) throw new Error('not the whole answer')
  }
  let next = 0
  return {
    'fetch hit, clients': async (show) => {
      const url = `${origin}/hit`
      await checked(url)
      await checked(url)
      const means = []
      for (let at = 0; at < HITS; at += CHUNK) {
        const began = now()
        for (let i = 0; i < CHUNK; i++) await checked(url)
        means.push((now() - began) / CHUNK / 1000)
      }
      show('mean', 'us', median(means))
    },
    'fetch miss, clients': async (show) => {
      const end = next + MISSES
      const worker = async () => {
        while (next < end) await checked(`${origin}/miss/${next++}`)
      }
      const began = now()
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
      show('mean', 'us', (now() - began) / MISSES / 1000)
    }
  }
}
