// What the tests share: temporary caches, an origin, child processes with a deadline.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { open } from '../index.js';

// Children run in other folders.
if (process.env.TAPPS_NODE_ADDON) {
  process.env.TAPPS_NODE_ADDON = path.resolve(process.env.TAPPS_NODE_ADDON);
}

export const packageFolder = fileURLToPath(new URL('..', import.meta.url));

export function tempFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tapps-node-'));
  // A cache that was only released still ends in the background.
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
  return folder;
}

/** A cache in a file of its own, closed after the test. */
export function openTemp(t, options) {
  let cache;
  t.after(() => cache?.close()); // what is to be done after a test is done in this order
  cache = open(path.join(tempFolder(t), 'cache.db'), options);
  return cache;
}

/** A loopback server; `requests` holds what it was asked. */
export async function startOrigin(t, handler) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      request.body = Buffer.concat(chunks);
      requests.push(request);
      handler(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

/** Runs JavaScript (a module) in a process of its own to its end; killed at the deadline. */
export async function runModule(source, { args = [], deadlineMs = 20_000, cwd, env } = {}) {
  const child = spawn(process.execPath, [...args, '--input-type=module', '--eval', source], {
    cwd: cwd ?? packageFolder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  return { code, signal, out, err };
}

/** The JavaScript of the README, and the headings it stands under. */
export function readmeSamples() {
  const text = readFileSync(path.join(packageFolder, 'README.md'), 'utf8');
  const found = [];
  let title = '';
  for (const [, heading, source] of text.matchAll(/^## (.*)$|^```js\n([\s\S]*?)^```$/gm)) {
    if (heading) title = heading;
    else found.push({ title, source });
  }
  return found;
}

/** Runs a sample in a folder that knows the package; what it prints has to be in its comments. */
export async function checkSample(source, folder, env = {}) {
  const home = { HOME: folder, XDG_CACHE_HOME: path.join(folder, 'cache') };
  const run = await runModule(source, { cwd: folder, env: { ...home, ...env } });
  assert.equal(run.code, 0, run.err);
  for (const line of run.out.trim().split('\n').filter(Boolean)) {
    assert.ok(source.includes(line), `not foretold: ${line}`);
  }
}
