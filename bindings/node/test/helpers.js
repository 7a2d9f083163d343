// What the tests share: temporary caches, an origin, child processes with a deadline.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A cache in a file of its own, closed after the test. */
export function openTemp(t, options) {
  const cache = open(path.join(tempFolder(t), 'cache.db'), options);
  t.after(() => cache.close());
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
