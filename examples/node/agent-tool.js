#!/usr/bin/env node
// agent-tool: two tools for a coding agent, by the Model Context Protocol: one message a line on
// standard input and output.
//
//     npm install TAPPS && npm run build --prefix node_modules/tapps
//     node agent-tool.js [PROJECT] [--allow-private] [--url-template URL]
//
// TAPPS is what `npm pack` made of bindings/node.
//
// "docs" says what the documentation of a library says, of the version the project uses: from what is
// installed, else from --url-template, where {ecosystem}, {library} and {version} are filled in.
// "read_url" says what a page says. Both answer from the cache, which other tools share, and ask the
// network once.
// A call ends at its deadline, or when the agent cancels it; addresses of the local network are
// refused, because a model chooses the URLs.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { open, version } from 'tapps';

const DEADLINE_MS = 20_000;
const MAX_CHARACTERS = 40_000;

const { cache, projectRoot, urlTemplate } = begin();

function begin() {
  try {
    const { values: flags, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        'allow-private': { type: 'boolean', default: false },
        'url-template': { type: 'string' },
      },
    });
    return {
      projectRoot: positionals[0] ?? process.cwd(),
      urlTemplate: flags['url-template'],
      cache: open(process.env.TAPPS_CACHE, { denyPrivate: !flags['allow-private'] }),
    };
  } catch (error) {
    console.error(`agent-tool: ${error.message}`);
    process.exit(2);
  }
}

const text = (description) => ({ type: 'string', minLength: 1, description });

const tools = {
  docs: {
    description: 'Documentation of a library, of the version this project uses.',
    properties: {
      library: text('Its exact name, for example "react".'),
      topic: text('Picks sections: "hooks".'),
    },
    required: ['library'],
    async run({ library, topic }, signal) {
      const how = { topic, projectRoot, urlTemplate, signal, maxTokens: 4000 };
      const found = await cache.docs(library, how);
      const about = [found.library, found.version, found.source].filter(Boolean).join(', ');
      return `${about} (${found.stale ? 'stale' : 'fresh'}):\n\n${found.text}`;
    },
  },
  read_url: {
    description: 'What a page on the web says, as text.',
    properties: { url: text('Of http or https.') },
    required: ['url'],
    async run({ url }, signal) {
      const response = await cache.fetch(url, { signal, retries: 2, maxBodyBytes: 4 << 20 });
      const type = response.headers.get('content-type') ?? '';
      if (!response.ok) throw new Error(`${url}: answered with status ${response.status}`);
      if (!/^(text\/|application\/(.*\+)?(json|xml))/.test(type)) {
        throw new Error(`${url}: is no text but ${type || 'of an unknown type'}`);
      }
      const { servedFrom, ageMs } = response.tapps;
      const body = (await response.text()).slice(0, MAX_CHARACTERS);
      return `${url} (from the ${servedFrom}, ${Math.round(ageMs / 1000)} s old):\n\n${body}`;
    },
  },
};

const running = new Map(); // id of a call => its AbortController

class ProtocolError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function checked(tool, given = {}) {
  for (const name of tool.required) {
    if (given[name] === undefined) throw new ProtocolError(-32602, `"${name}" is missing`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!tool.properties[name]) throw new ProtocolError(-32602, `"${name}" is not known`);
    if (typeof value !== 'string' || value === '') {
      throw new ProtocolError(-32602, `"${name}": expected a text`);
    }
  }
  return given;
}

async function call(id, { name, arguments: given } = {}) {
  if (!Object.hasOwn(tools, name ?? '')) throw new ProtocolError(-32602, `no tool "${name}"`);
  const tool = tools[name];
  const input = checked(tool, given);
  const cancelled = new AbortController();
  running.set(id, cancelled);
  try {
    const signal = AbortSignal.any([cancelled.signal, AbortSignal.timeout(DEADLINE_MS)]);
    return { content: [{ type: 'text', text: await tool.run(input, signal) }] };
  } catch (error) {
    if (cancelled.signal.aborted) return undefined; // nobody waits for it any more
    const code = error.code?.startsWith?.('TAPPS_') ? `${error.code}: ` : '';
    return { isError: true, content: [{ type: 'text', text: code + error.message }] };
  } finally {
    running.delete(id);
  }
}

const methods = {
  initialize: (_, { protocolVersion } = {}) => ({
    protocolVersion: protocolVersion ?? '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'agent-tool', version },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: Object.entries(tools).map(([name, { description, properties, required }]) => ({
      name,
      description,
      inputSchema: { type: 'object', properties, required, additionalProperties: false },
    })),
  }),
  'tools/call': call,
  'notifications/cancelled': (_, { requestId } = {}) => running.get(requestId)?.abort(),
};

const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));

async function answer(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch (error) {
    return send({ id: null, error: { code: -32700, message: error.message } });
  }
  const { id, method, params } = message ?? {};
  try {
    if (!Object.hasOwn(methods, method ?? '')) {
      if (id === undefined && method) return; // a notification of no interest
      throw new ProtocolError(-32601, `no method "${method}"`);
    }
    const result = await methods[method](id, params ?? {});
    if (id !== undefined && result !== undefined) send({ id, result });
  } catch (error) {
    const code = error instanceof ProtocolError ? error.code : -32603;
    send({ id: id ?? null, error: { code, message: error.message } });
  }
}

// Calls run side by side; the process ends when its input has ended and all are answered.
const answers = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue;
  const one = answer(line).finally(() => answers.delete(one));
  answers.add(one);
}
await Promise.all(answers);
await cache.close();
