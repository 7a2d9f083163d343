// The Fetch standard on one side, tapps_fetch_options and stored answers on the other.
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';

import { FETCH_POLICY, NONE, SERVED_FROM, VALUE } from './constants.js';
import { invalid, TappsError } from './errors.js';
import { choice, fetchOptions } from './options.js';

const REDIRECTS = { follow: 0, manual: NONE, error: NONE };
const NULL_BODY_STATUSES = new Set([101, 103, 204, 205, 304]);
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);

// What Response takes as a body, as bytes and the media type that goes with it.
async function readBody(body) {
  if (body === undefined || body === null) return {};
  const response = new Response(body);
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    contentType: response.headers.get('content-type'),
  };
}

function headerLines(headers) {
  let text = '';
  for (const [name, value] of headers) text += `${name}: ${value}\n`;
  return text === '' ? undefined : text;
}

// Stronger ones later.
const DIGESTS = ['sha256', 'sha384', 'sha512'];

// The digests of which one has to be met, by Subresource Integrity: those of the strongest
// algorithm named, as {algorithm, digests}; undefined when nothing in the text is known.
function parseIntegrity(text) {
  const found = text
    .trim()
    .split(/\s+/)
    .map((one) => /^(sha256|sha384|sha512)-([\w+/-]+={0,2})(\?.*)?$/i.exec(one))
    .filter(Boolean)
    .map(([, algorithm, digest]) => [algorithm.toLowerCase(), Buffer.from(digest, 'base64')]);
  const algorithm = DIGESTS.findLast((name) => found.some(([other]) => other === name));
  if (!algorithm) return undefined;
  const digests = found.filter(([name]) => name === algorithm).map(([, digest]) => digest);
  return { algorithm, digests };
}

function checkIntegrity({ url, integrity }, data) {
  if (!integrity) return;
  const digest = createHash(integrity.algorithm).update(data).digest();
  if (integrity.digests.some((wanted) => wanted.equals(digest))) return;
  const found = `${integrity.algorithm}-${digest.toString('base64')}`;
  throw new TypeError(`integrity: ${url} has ${found}, which was not asked for`);
}

/** What fetch(input, init) asks for: {url, signal, redirect, integrity, options}. */
export async function toRequest(input, given) {
  const init = given ?? {};
  const request = input instanceof Request ? input : undefined;
  const method = (init.method ?? request?.method ?? 'GET').toString();
  const headers = new Headers(init.headers ?? request?.headers);
  const { bytes, contentType } = await readBody(
    init.body !== undefined ? init.body : (request?.body ?? undefined),
  );
  if (bytes !== undefined) {
    if (/^(get|head)$/i.test(method)) throw invalid(`a ${method} request has no body`);
    if (contentType && !headers.has('content-type')) headers.set('content-type', contentType);
  }
  const redirect = init.redirect ?? request?.redirect ?? 'follow';
  const followed = choice(REDIRECTS, 'redirect', redirect);
  return {
    url: request ? request.url : String(input),
    signal: init.signal === undefined ? request?.signal : (init.signal ?? undefined),
    redirect,
    integrity: parseIntegrity(String(init.integrity ?? request?.integrity ?? '')),
    options: {
      ...fetchOptions(init),
      policy: choice(FETCH_POLICY, 'cache', init.cache ?? request?.cache, 'default'),
      method: /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method,
      headers: headerLines(headers),
      body: bytes,
      ...(followed === NONE && { maxRedirects: NONE }),
    },
  };
}

// Header lines as received; a line Headers refuses is left out rather than the whole answer.
function parseHeaders(text = '') {
  const headers = new Headers();
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch {
      // not a header to the Fetch standard
    }
  }
  return headers;
}

const withoutFragment = (url) => url.replace(/#.*$/s, '');

function sameUrl(a, b) {
  return withoutFragment(URL.canParse(a) ? new URL(a).href : a) === withoutFragment(b);
}

/** A standard Response that also knows its URL, any status, and how it came about (`tapps`). */
class CachedResponse extends Response {
  #meta;

  constructor(body, meta) {
    const known = meta.status >= 200 && meta.status <= 599; // what the constructor takes
    super(body, { status: known ? meta.status : 200, headers: meta.headers });
    this.#meta = meta;
  }
  // The constructor of Response may read these before there is a #meta.
  get status() {
    return #meta in this ? this.#meta.status : super.status;
  }
  get statusText() {
    return STATUS_CODES[this.status] ?? '';
  }
  get ok() {
    return this.status >= 200 && this.status <= 299;
  }
  get url() {
    return #meta in this ? this.#meta.url : super.url;
  }
  get redirected() {
    return #meta in this ? this.#meta.redirected : super.redirected;
  }
  get tapps() {
    return this.#meta.tapps;
  }
  clone() {
    return new CachedResponse(super.clone().body, { ...this.#meta, headers: this.headers });
  }
}

/** What fetch() rejects with: as in the standard a TypeError, which has the details of its cause. */
export function toFetchError(error) {
  if (!(error instanceof TappsError)) return error;
  return Object.assign(new TypeError(error.message, { cause: error }), error);
}

/** The Response for a completed fetch. */
export function toResponse(request, data, info) {
  const status = info.httpStatus;
  if (request.redirect === 'error' && REDIRECT_STATUSES.has(status)) {
    throw new TypeError(`unexpected redirect (${status}) from ${info.url ?? 'the origin'}`);
  }
  checkIntegrity(request, data);
  const noBody = NULL_BODY_STATUSES.has(status) || request.options.method === 'HEAD';
  const url = info.url ?? request.url;
  return new CachedResponse(noBody ? null : data, {
    status,
    headers: parseHeaders(info.headers),
    url,
    redirected: !sameUrl(request.url, url),
    tapps: Object.freeze({
      servedFrom: SERVED_FROM[info.servedFrom],
      ageMs: info.ageUs / 1000,
      stale: (info.flags & VALUE.STALE) !== 0,
      cacheStatus: info.cacheStatus,
      warning: info.warning,
    }),
  });
}
