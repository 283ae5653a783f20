// @ts-check
// Which request gets which answer: the page's files, a session's reports and commands, WebSockets.
// Knows HTTP and who may ask; nothing of frames.

import { readFile } from 'node:fs/promises'
import { acceptUpgrade } from 'noio-ws/handshake'
import { permessageDeflate } from 'noio-ws/permessage-deflate'
import { refusalBytes, refuse } from './refusal.js'
import { Session } from './session.js'

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Duplex } from 'node:stream'
 * @import { Refusal } from './refusal.js'
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
/** One for every connection, which then share memory. Short messages are compressed too: they are what is looked at. */
const DEFLATE = permessageDeflate({ threshold: 0 })

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
    const url = urlOf(request)
    const refusal = this.#hostRefusal(request) ?? (url.pathname === '/socket' ? undefined : notFound(url))
    if (refusal !== undefined) return refuse(socket, refusalBytes(refusal))
    const answer = acceptUpgrade(request, {
      origin: [ownOrigin(request)],
      // Browsers always offer it; the page's switch says whether the server takes it.
      extensions: url.searchParams.has('deflate') ? [DEFLATE] : [],
    })
    if (!answer.ok) return refuse(socket, answer.responseBytes)
    const session = this.#session(url)
    if (session === undefined) return refuse(socket, refusalBytes(NO_SESSION))
    if (session.full) return refuse(socket, refusalBytes(TOO_MANY))
    const start = session.addPeer(socket, url.searchParams.get('peer') === 'raw' ? 'raw' : 'browser', answer)
    socket.write(answer.responseBytes)
    start(head)
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
    if (url.pathname === '/socket') return notAnUpgrade(request)
    if (url.pathname === '/events') return this.#events(request, response, url)
    const file = FILES.get(url.pathname)
    if (file === undefined) return notFound(url)
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
    if (request.headers.origin !== ownOrigin(request)) return FOREIGN
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
/** @type {Refusal} */
const TOO_MANY = { status: 503, sentence: 'This page has too many connections.' }

/** @param {URL} url @returns {Refusal} */
const notFound = ({ pathname }) => ({ status: 404, sentence: `There is no ${pathname} here.` })

/** A request that Node does not hand over as an upgrade. @param {IncomingMessage} request @returns {Refusal} */
function notAnUpgrade(request) {
  const answer = acceptUpgrade(request)
  if (answer.ok) throw new Error('An upgrade came as a request.')
  return { status: answer.response.status, sentence: answer.reason, headers: { Upgrade: 'websocket' } }
}

/** Of the page that this server gave. @param {IncomingMessage} request */
const ownOrigin = (request) => `http://${request.headers.host}`

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
