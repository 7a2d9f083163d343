// As peer.c, over the Node binding: peer.mjs BINDING FILE.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { open } = await import(pathToFileURL(process.argv[2]).href);
const cache = open(process.argv[3]);

async function answer(line) {
  const [verb, key, value] = line.split(' ');
  if (verb === 'put') {
    await cache.put(key, value, { durability: 'sync', timeoutMs: 20_000 });
    return 'ok';
  }
  const found = await cache.get(key);
  const atOnce = cache.getSync(key);
  if (String(found) !== String(atOnce)) return `! get ${found}, getSync ${atOnce}`;
  return found === undefined ? '-' : `= ${found}`;
}

for await (const line of createInterface({ input: process.stdin })) {
  const text = await answer(line).catch((error) => `! ${error.code} ${error.message}`);
  process.stdout.write(`${text}\n`);
}
await cache.close();
