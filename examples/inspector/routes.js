// @ts-check
// Which request gets which answer: the page's files, a session's reports and commands, WebSockets.
// Knows HTTP and who may ask; nothing of frames.

import { readFile } from 'node:fs/promises'
import { Session } from './session.js'
import { accept, handshakeRefusal, NOT_AN_UPGRADE, refuse } from './upgrade.js'

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Duplex } from 'node:stream'
 * @import { Refusal } from './upgrade.js'
 */

const FOLDER = new URL('./page/', import.meta.url)
const SCRIPTS = [
  'page',
  'elements',
  'feed',
  'link',
  'actions',
  'burst',
  'frames',
  'row',
  'details',
  'format',
  'meter',
  'keys',
]
const STYLES = ['style', 'layout', 'list', 'details']
/** The only files that are served, by path, and their media types. */
const FILES = new Map([
  ['/', { name: 'index.html', type: 'text/html; charset=utf-8' }],
  ['/icon.svg', { name: 'icon.svg', type: 'image/svg+xml' }],
])
for (const name of STYLES) FILES.set(`/${name}.css`, { name: `${name}.css`, type: 'text/css; charset=utf-8' })
for (const name of SCRIPTS) FILES.set(`/${name}.js`, { name: `${name}.js`, type: 'text/javascript; charset=utf-8' })

const SESSION_ID = /^[0-9a-f]{32}$/
const MAX_SESSIONS = 32
const MAX_COMMAND = 64 * 1024

/** Answers the requests of one server. */
export class Inspector {
  /** The port it listens on. */
  port = 0
  /** @type {Map<string, Session>} */
  #sessions = new Map()

  /** @param {IncomingMessage} request @param {ServerResponse} response */
  async request(request, response) {
    try {
      this.#setHeaders(request, response)
      const refusal = this.#hostRefusal(request) ?? (await this.#answer(request, response))
      if (refusal !== undefined) reply(response, refusal.status, refusal.sentence, refusal.headers)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else reply(response, 500, error instanceof Error ? error.message : String(error))
    }
  }

  /** @param {IncomingMessage} request @param {Duplex} socket @param {Buffer} head */
  upgrade(request, socket, head) {
    // A peer that resets the connection must not end the server.
    socket.on('error', () => socket.destroy())
    const refusal = this.#hostRefusal(request) ?? this.#upgradeRefusal(request)
    if (refusal !== undefined) return refuse(socket, refusal)
    const url = urlOf(request)
    const kind = url.searchParams.get('peer') === 'raw' ? 'raw' : 'browser'
    const start = this.#session(url)?.addPeer(socket, kind)
    accept(request, socket)
    start?.(head)
  }

  close() {
    for (const session of this.#sessions.values()) session.close()
  }

  /** @param {IncomingMessage} request @param {ServerResponse} response @returns {Promise<Refusal | undefined>} */
  async #answer(request, response) {
    const url = urlOf(request)
    if (url.pathname === '/command') return this.#command(request, response, url)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, sentence: 'Only GET is answered here.', headers: { Allow: 'GET, HEAD' } }
    }
    if (url.pathname === '/socket') return NOT_AN_UPGRADE
    if (url.pathname === '/events') return this.#events(request, response, url)
    const file = FILES.get(url.pathname)
    if (file === undefined) return { status: 404, sentence: `There is no ${url.pathname} here.` }
    const body = await readFile(new URL(file.name, FOLDER))
    response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
    return undefined
  }

  /** @param {IncomingMessage} request @param {ServerResponse} response @param {URL} url @returns {Refusal | undefined} */
  #events(request, response, url) {
    const id = url.searchParams.get('session') ?? ''
    // A GET from the page itself carries no Origin, but browsers say where it comes from.
    const site = request.headers['sec-fetch-site'] ?? 'same-origin'
    if (site !== 'same-origin' && site !== 'none') return FOREIGN
    if (!SESSION_ID.test(id)) return { status: 400, sentence: 'session must be 32 hexadecimal digits.' }
    let session = this.#sessions.get(id)
    if (session === undefined) {
      if (this.#sessions.size >= MAX_SESSIONS)
        return { status: 503, sentence: `${MAX_SESSIONS} pages are open already.` }
      session = new Session(id, this.port, () => this.#sessions.delete(id))
      this.#sessions.set(id, session)
    }
    session.attach(response)
    return undefined
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {URL} url
   * @returns {Promise<Refusal | undefined>}
   */
  async #command(request, response, url) {
    if (request.method !== 'POST') return { status: 405, sentence: 'Commands are POSTed.', headers: { Allow: 'POST' } }
    if (!this.#isOwnOrigin(request)) return FOREIGN
    if (request.headers['content-type'] !== 'application/json') return { status: 415, sentence: 'Commands are JSON.' }
    const session = this.#session(url)
    if (session === undefined) return NO_SESSION
    let body = ''
    for await (const piece of request.setEncoding('utf8')) {
      body += piece
      if (body.length > MAX_COMMAND)
        return { status: 413, sentence: `A command has at most ${MAX_COMMAND} characters.` }
    }
    const refusal = session.command(parse(body))
    if (refusal !== undefined) return { status: 409, sentence: refusal }
    response.writeHead(204).end()
    return undefined
  }

  /** @param {IncomingMessage} request @returns {Refusal | undefined} */
  #upgradeRefusal(request) {
    const url = urlOf(request)
    if (url.pathname !== '/socket') return { status: 404, sentence: `There is no WebSocket at ${url.pathname}.` }
    const refusal = handshakeRefusal(request)
    if (refusal !== undefined) return refusal
    if (!this.#isOwnOrigin(request)) return FOREIGN
    const session = this.#session(url)
    if (session === undefined) return NO_SESSION
    return session.full ? { status: 503, sentence: 'This page has too many connections.' } : undefined
  }

  /** @param {URL} url */
  #session(url) {
    return this.#sessions.get(url.searchParams.get('session') ?? '')
  }

  /**
   * Another name for 127.0.0.1 would let another site's page call itself the same origin.
   * @param {IncomingMessage} request
   * @returns {Refusal | undefined}
   */
  #hostRefusal(request) {
    const suffix = this.port === 80 ? '' : `:${this.port}`
    if ([`127.0.0.1${suffix}`, `localhost${suffix}`].includes(request.headers.host ?? '')) return undefined
    return { status: 421, sentence: `The inspector is only at http://127.0.0.1${suffix}/.` }
  }

  /** @param {IncomingMessage} request */
  #isOwnOrigin(request) {
    return request.headers.origin === `http://${request.headers.host}`
  }

  /** @param {IncomingMessage} request @param {ServerResponse} response */
  #setHeaders(request, response) {
    const socket = this.#hostRefusal(request) === undefined ? ` ws://${request.headers.host}` : ''
    const policy = ["default-src 'self'", `connect-src 'self'${socket}`]
    for (const name of ['object-src', 'base-uri', 'form-action', 'frame-ancestors']) policy.push(`${name} 'none'`)
    response.setHeader('Content-Security-Policy', policy.join('; '))
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Referrer-Policy', 'same-origin')
    response.setHeader('Cache-Control', 'no-store')
  }
}

/** @type {Refusal} */
const FOREIGN = { status: 403, sentence: 'Only the page of this server may ask for this.' }
/** @type {Refusal} */
const NO_SESSION = { status: 404, sentence: 'There is no such session; reload the page.' }

/** @param {IncomingMessage} request */
function urlOf(request) {
  // A target that is no path, such as '//', must not throw.
  return new URL(`http://host/${(request.url ?? '').replace(/^\/+/, '')}`)
}

/** @param {string} json @returns {unknown} */
function parse(json) {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** @param {ServerResponse} response @param {number} status @param {string} sentence @param {Record<string, string>} [headers] */
function reply(response, status, sentence, headers = {}) {
  // The rest of a body that was refused is not read.
  if (status >= 400) response.setHeader('Connection', 'close')
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}
