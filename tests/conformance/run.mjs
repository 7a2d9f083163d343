// Runs the HTTP cache tests of the npm package http-cache-tests through a driver program and
// compares with a list of test ids:
//
//   run.mjs --driver PROGRAM --suite FOLDER --gate FILE [--outside FILE] [--mode MODE] [--all]
//           [--only ID]
//
// FILE of --gate: the tests that must pass. FILE of --outside: of the others, those that fail, and
// why they may; a test that fails without being there, or is there and passes, is shown and counts
// as a failure.
// MODE: memory (one process, no file), disk (one process, hardly any memory tier), restart (each
// request in a new process on the same file), processes (two processes on one file, in turn).
// Prints the ids that are not as listed, then one line with the counts; --all also prints the tests
// outside the gate. Exit status: 0 all are as listed, 1 not, 77 something is not installed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: args } = parseArgs({
  options: {
    driver: { type: 'string' },
    suite: { type: 'string' },
    gate: { type: 'string' },
    outside: { type: 'string' },
    mode: { type: 'string', default: 'memory' },
    only: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});

function skip(why) {
  console.log(`SKIP: conformance: ${why}`);
  process.exit(77);
}

if (!existsSync(args.gate ?? '')) skip(`no list of tests at ${args.gate}`);
if (!existsSync(join(args.suite ?? '', 'client/runner.mjs'))) {
  skip(`http-cache-tests is not in ${args.suite} (tools/setup --all installs it)`);
}

/** One driver process: fetches by JSON lines. */
class Driver {
  #waiting = new Map();
  #next = 1;

  constructor(file, options) {
    this.child = spawn(args.driver, [file, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = new Promise((done) => this.child.once('close', done));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line);
      this.#waiting.get(answer.id)(answer);
      this.#waiting.delete(answer.id);
    });
    this.ended.then(() => {
      for (const settle of this.#waiting.values()) settle({ error: 'the driver ended' });
    });
  }

  fetch(request) {
    const id = this.#next++;
    return new Promise((settle) => {
      this.#waiting.set(id, settle);
      this.child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  close() {
    this.child.stdin.end();
    return this.ended;
  }
}

/** Which process takes which request. */
function makeFetcher(mode, file) {
  if (mode === 'restart') {
    return {
      async fetch(request) {
        const driver = new Driver(file, ['--keep-set-cookie']);
        const answer = await driver.fetch(request);
        await driver.close();
        return answer;
      },
      async close() {},
    };
  }
  const options = {
    memory: [[':memory:']],
    disk: [[file, '--small-memory', '--keep-set-cookie']],
    processes: [
      [file, '--keep-set-cookie'],
      [file, '--keep-set-cookie'],
    ],
  }[mode];
  const drivers = options.map(([path, ...flags]) => new Driver(path, flags));
  return {
    fetch(request) {
      const number = Number(request.headers.find(([name]) => name === 'Req-Num')?.[1] ?? 0);
      return drivers[number % drivers.length].fetch(request);
    },
    async close() {
      await Promise.all(drivers.map((driver) => driver.close()));
    },
  };
}

/** What the suite expects of a fetch; a real Response cannot have the status 999. */
function toResponse(answer) {
  if (answer.error) throw new TypeError(answer.error);
  const headers = new Headers();
  for (const [name, value] of answer.headers) headers.append(name, value);
  return {
    status: answer.status,
    statusText: '',
    headers,
    text: async () => Buffer.from(answer.body, 'latin1').toString(),
  };
}

async function startServer() {
  const child = spawn(process.execPath, [join(resolve(args.suite), 'server/server.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      npm_config_protocol: 'http',
      npm_config_port: '0',
      npm_config_pidfile: '/dev/null',
    },
  });
  const port = await new Promise((done) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^Listening on .*:(\d+)\/$/.exec(line);
      if (match) done(match[1]);
    });
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

// In these the origin closes the connection instead of answering, and a cache that must not serve
// what it has answers 504. The runner of this version asks for the count of requests at the origin
// in that very answer, so that no client can pass; they are judged here by the status.
const CLOSED = ['stale-close-must-revalidate', 'stale-close-no-cache'];

function judgeClosed(results) {
  for (const id of CLOSED) {
    if (answers.get(id)?.status === 504) results[id] = true;
  }
}

function reportOutside(ids, results) {
  const groups = JSON.parse(readFileSync(args.outside, 'utf8'));
  const reasons = new Map(groups.flatMap(({ why, tests }) => tests.map((id) => [id, why])));
  let unexpected = 0;
  for (const id of new Set([...ids, ...reasons.keys()])) {
    const passed = results[id] === true;
    if (passed !== reasons.has(id)) continue;
    unexpected += 1;
    if (passed) {
      console.log(`PASS unexpected ${id}: listed as failing: ${reasons.get(id)}`);
    } else {
      const [what, why] = results[id] ?? ['untested', 'it did not run'];
      console.log(`FAIL unexpected ${id}: ${what}: ${why}`);
    }
  }
  return unexpected;
}

function report(gate, results) {
  let failed = 0;
  for (const kind of ['required', 'optimal']) {
    for (const id of gate[kind]) {
      if (results[id] === true) continue;
      failed += 1;
      const [what, why] = results[id] ?? ['untested', 'it did not run'];
      console.log(`FAIL ${kind} ${id}: ${what}: ${why}`);
    }
  }
  const listed = new Set([...gate.required, ...gate.optimal]);
  const others = Object.keys(results).filter((id) => !listed.has(id));
  if (args.all) {
    for (const id of others) {
      console.log(`${results[id] === true ? 'pass' : 'fail'} other ${id}: ${results[id][1] ?? ''}`);
    }
  }
  if (args.outside && !args.only) failed += reportOutside(others, results);
  const passed = (ids) => ids.filter((id) => results[id] === true).length;
  console.log(
    `${args.mode}: ${passed(gate.required)} of ${gate.required.length} required, ` +
      `${passed(gate.optimal)} of ${gate.optimal.length} optimal, ` +
      `${passed(others)} of ${others.length} outside the list`,
  );
  return failed;
}

const suite = (path) => import(pathToFileURL(join(resolve(args.suite), path)).href);
const { runTests, getResults } = await suite('client/runner.mjs');
let { default: tests } = await suite('tests/index.mjs');
if (args.only) {
  tests = tests.map((set) => ({ ...set, tests: set.tests.filter(({ id }) => id === args.only) }));
}
const gate = JSON.parse(readFileSync(args.gate, 'utf8'));
const answers = new Map(); // the last one of each test
const folder = mkdtempSync(join(tmpdir(), 'tapps-conformance-'));
const server = await startServer();
const fetcher = makeFetcher(args.mode, join(folder, 'cache-1.db'));

// TAPPS_FETCH_* of the cache modes of the Fetch standard.
const POLICIES = {
  reload: 1,
  'no-store': 2,
  'force-cache': 3,
  'only-if-cached': 4,
  'no-cache': 5,
};

async function fetchForSuite(url, init = {}) {
  if (!url.includes('/test/')) return fetch(url, init);
  const answer = await fetcher.fetch({
    url,
    method: init.method ?? 'GET',
    headers: (init.headers ?? []).map(([name, value]) => [name, String(value)]),
    policy: POLICIES[init.cache] ?? 0,
    ...(init.body === undefined ? {} : { body: init.body }),
  });
  const id = init.headers?.find(([name]) => name === 'Test-ID')?.[1];
  answers.set(id, answer);
  return toResponse(answer);
}

try {
  // As many tests at once as do not delay each other; a process a request is slow.
  await runTests(tests, fetchForSuite, true, server.url, args.mode === 'restart' ? 20 : 100);
} finally {
  await fetcher.close();
  server.stop();
  rmSync(folder, { recursive: true, force: true });
}
const results = getResults();
judgeClosed(results);
process.exitCode = report(gate, results) === 0 ? 0 : 1;
