import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { once } from 'node:events';
import test from 'node:test';

import { TappsError } from '../index.js';
import { openTemp, startOrigin } from './helpers.js';

test('fetch answers with a standard Response, the second time from memory', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60');
    response.setHeader('Content-Type', 'application/json');
    response.appendHeader('Set-Cookie', 'a=1');
    response.appendHeader('Set-Cookie', 'b=2');
    response.end('{"answer":42}');
  });
  const { fetch } = openTemp(t);
  const first = await fetch(url);
  assert.ok(first instanceof Response);
  assert.equal(first.status, 200);
  assert.equal(first.ok, true);
  assert.equal(first.url, `${url}/`);
  assert.equal(first.redirected, false);
  assert.equal(first.headers.get('content-type'), 'application/json');
  assert.deepEqual(first.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.equal(first.tapps.servedFrom, 'network');
  const copy = first.clone();
  assert.equal(copy.url, first.url);
  assert.equal(copy.tapps.servedFrom, 'network');
  assert.deepEqual(await copy.json(), { answer: 42 });
  assert.deepEqual(await first.json(), { answer: 42 });
  assert.equal(first.bodyUsed, true);
  const second = await fetch(new URL(url));
  assert.equal(second.tapps.servedFrom, 'memory');
  assert.equal(second.tapps.stale, false);
  assert.deepEqual(await second.json(), { answer: 42 });
  assert.equal(requests.length, 1);
});

test('method, headers and every kind of body reach the origin', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => response.end('ok'));
  const { fetch } = openTemp(t);
  const form = new FormData();
  form.set('field', 'value');
  const bodies = [
    ['text', /^text$/, /^text\/plain/],
    [new URLSearchParams({ a: '1' }), /^a=1$/, /urlencoded/],
    [Buffer.from([1, 2, 3]), /^\x01\x02\x03$/, /^undefined$/],
    [new Blob(['blob'], { type: 'text/x' }), /^blob$/, /^text\/x$/],
    [new Response('stream').body, /^stream$/, /^undefined$/],
    [form, /name="field"/, /^multipart\/form-data/],
  ];
  for (const [body, expected, type] of bodies) {
    await fetch(url, { method: 'post', body, headers: { 'X-Mine': 'yes' } });
    const request = requests.at(-1);
    assert.equal(request.method, 'POST');
    assert.equal(request.headers['x-mine'], 'yes');
    assert.match(String(request.body), expected);
    assert.match(String(request.headers['content-type']), type);
  }
  const request = new Request(url, {
    method: 'PUT',
    body: 'from a Request',
    headers: [['X-A', 'b']],
  });
  await fetch(request);
  assert.equal(requests.at(-1).method, 'PUT');
  assert.equal(requests.at(-1).headers['x-a'], 'b');
  assert.equal(String(requests.at(-1).body), 'from a Request');
  await assert.rejects(fetch(url, { body: 'x' }), TypeError);
  await assert.rejects(fetch(url, { headers: { 'X-Bad': 'a\r\nInjected: b' } }), TypeError);
});

test('statuses are passed on, also those the standard constructor refuses', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    response.statusCode = Number(request.url.slice(1));
    response.end(response.statusCode === 204 || response.statusCode === 304 ? undefined : 'body');
  });
  const { fetch } = openTemp(t);
  for (const status of [200, 204, 205, 304, 404, 451, 500, 599, 999]) {
    const response = await fetch(`${url}/${status}`, { cache: 'no-store' });
    assert.equal(response.status, status);
    assert.equal(response.ok, status < 300);
    const text = await response.clone().text();
    assert.equal(text, [204, 205, 304].includes(status) ? '' : 'body', String(status));
  }
  const head = await fetch(`${url}/200`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('redirects are followed, returned or refused', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    if (request.url === '/to') return response.end('there');
    response.writeHead(302, { Location: '/to' });
    return response.end();
  });
  const { fetch } = openTemp(t);
  const followed = await fetch(`${url}/from`);
  assert.equal(followed.url, `${url}/to`);
  assert.equal(followed.redirected, true);
  assert.equal(await followed.text(), 'there');
  const manual = await fetch(`${url}/from`, { redirect: 'manual' });
  assert.equal(manual.status, 302);
  assert.equal(manual.headers.get('location'), '/to');
  await assert.rejects(fetch(`${url}/from`, { redirect: 'error' }), TypeError);
});

test('cache modes decide about the origin', async (t) => {
  let count = 0;
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60');
    response.setHeader('ETag', '"same"');
    if (request.headers['if-none-match'] === '"same"') {
      response.statusCode = 304;
      return response.end();
    }
    count += 1;
    return response.end(`body ${count}`);
  });
  const { fetch } = openTemp(t);
  const text = async (cache) => (await fetch(url, { cache })).text();
  await assert.rejects(fetch(url, { cache: 'only-if-cached' }), { code: 'TAPPS_NOT_FOUND' });
  assert.equal(await text('no-store'), 'body 1');
  assert.equal(await text('default'), 'body 2');
  assert.equal(await text('default'), 'body 2');
  assert.equal(await text('force-cache'), 'body 2');
  assert.equal(await text('only-if-cached'), 'body 2');
  assert.equal(requests.length, 2);
  const revalidated = await fetch(url, { cache: 'no-cache' });
  assert.equal(await revalidated.text(), 'body 2');
  assert.equal(revalidated.tapps.servedFrom, 'revalidated');
  await text('reload');
  assert.equal(requests.length, 4);
  await assert.rejects(fetch(url, { cache: 'sometimes' }), TypeError);
});

test('a failure is a TypeError that tells of its cause', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  const { fetch } = openTemp(t);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), (error) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'TAPPS_NETWORK');
    assert.ok(error.cause instanceof TappsError);
    assert.deepEqual([error.cause.code, error.cause.message], [error.code, error.message]);
    return true;
  });
  await assert.rejects(fetch('ftp://127.0.0.1/'), { code: 'TAPPS_INVALID' });
  await assert.rejects(fetch('no url'), { code: 'TAPPS_INVALID' });
});

test('a slow origin meets the timeout', async (t) => {
  const { url } = await startOrigin(t, () => {}); // never answers
  const { fetch } = openTemp(t);
  await assert.rejects(fetch(url, { timeoutMs: 100 }), { code: 'TAPPS_TIMEOUT' });
});

test('concurrent fetches of one URL make one request', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=60');
    setTimeout(() => response.end('once'), 50);
  });
  const { fetch } = openTemp(t);
  const texts = await Promise.all(
    Array.from({ length: 50 }, async () => (await fetch(url)).text()),
  );
  assert.ok(texts.every((text) => text === 'once'));
  assert.equal(requests.length, 1);
});

test('an offline cache asks nobody', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => response.end('x'));
  const { fetch } = openTemp(t, { offline: true });
  await assert.rejects(fetch(url), { code: 'TAPPS_OFFLINE' });
  assert.equal(requests.length, 0);
});

test('integrity is checked against the bytes', async (t) => {
  const { url } = await startOrigin(t, (request, response) => response.end('trusted'));
  const { fetch } = openTemp(t);
  const digest = (name, text = 'trusted', encoding = 'base64') =>
    `${name}-${createHash(name).update(text).digest(encoding)}`;
  const good = [
    '',
    digest('sha256'),
    digest('sha384'),
    digest('sha512', 'trusted', 'base64url'),
    `${digest('sha256')}?later`,
    `${digest('sha512', 'other')}  ${digest('sha512')}`,
    `${digest('sha256', 'other')} ${digest('sha384')}`, // the stronger one decides
    'md5-AAAA', // unknown ones say nothing
  ];
  for (const integrity of good) {
    assert.equal(await (await fetch(url, { integrity })).text(), 'trusted', integrity);
  }
  const bad = [
    digest('sha256', 'other'),
    `${digest('sha256')} ${digest('sha512', 'other')}`,
    'sha384-AAAA',
  ];
  for (const integrity of bad) {
    const refused = { name: 'TypeError', message: /^integrity: http/ };
    await assert.rejects(fetch(url, { integrity }), refused, integrity);
    await assert.rejects(fetch(new Request(url, { integrity })), refused, integrity);
  }
});

test('fetch stands in for the standard one', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    response.statusCode = request.url === '/none' ? 404 : 200;
    response.end('x');
  });
  const { fetch } = openTemp(t);
  const found = await fetch(url, null);
  assert.deepEqual([found.status, found.statusText], [200, 'OK']);
  assert.equal(found.clone().statusText, 'OK');
  const missing = await fetch(`${url}/none`);
  assert.deepEqual([missing.status, missing.statusText], [404, 'Not Found']);
  await fetch(url, { keepalive: true, credentials: 'omit', next: {} }); // ignored, as there
});

test('no redirect is followed when none are allowed', async (t) => {
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.writeHead(302, { Location: '/to' }).end();
  });
  const response = await openTemp(t).fetch(url, { maxRedirects: 0, retries: 0 });
  assert.equal(response.status, 302);
  assert.equal(requests.length, 1);
});
