// The client's opening handshake: a request over node:http, redirections, and whether the answer is one.
// Knows HTTP; the URL and the options of the request are request.ts, frames are none of its business.

import * as crypto from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { parseExtensions } from '../handshake/index.js'
import { confirm, NAME, readParameters } from './deflate.js'
import { compressionOf, deflateOptions, type SocketOptions } from './options.js'
import { type ClientSettings, type Origin, requestOptions, sameOrigin, targetOf, urlOf } from './request.js'

export type { ClientSettings } from './request.js'

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** In one call where Node has it, from 20.12 on: that is less work. */
const { hash } = crypto as { hash?(algorithm: string, data: string, encoding: string): string }

export function acceptFor(key: string): string {
  const text = key + GUID
  return hash ? hash('sha1', text, 'base64') : crypto.createHash('sha1').update(text).digest('base64')
}

/** The WebSocket that is to be opened. */
export interface Opening extends EventEmitter {
  setSocket(
    socket: Duplex,
    head: Buffer,
    options: SocketOptions,
    agreed: { protocol: string; compression: ReturnType<typeof compressionOf> },
  ): void
}

/** Whom a handshake asks, and tells how it ends. */
export interface OpeningOwner {
  readonly isConnecting: boolean
  closing(): void
  /** It failed: 'error', then 'close'. */
  failedToOpen(error: Error): void
  closedUnopened(): void
}

export class ClientHandshake {
  url = ''
  readonly #opening: Opening
  readonly #owner: OpeningOwner
  readonly #protocols: readonly string[]
  #address: string | URL
  #settings: ClientSettings
  #request: ClientRequest | undefined
  #isAborted = false
  #redirects = 0
  /** Where the first request went, whose credentials are for it alone. */
  #origin: Origin | undefined

  constructor(
    opening: Opening,
    owner: OpeningOwner,
    address: string | URL,
    protocols: readonly unknown[],
    settings: ClientSettings,
  ) {
    this.#opening = opening
    this.#owner = owner
    this.#address = address
    this.#protocols = protocols as readonly string[]
    this.#settings = settings
  }

  /** Asks; throws where the address or an option is wrong. */
  start(): void {
    const url = urlOf(this.#address)
    this.url = url.href
    const target = targetOf(url)
    const settings = this.#settings
    const key = crypto.randomBytes(16).toString('base64')
    const { options, hasOffer } = requestOptions(target, this.#protocols, settings, key)
    if (settings.followRedirects) this.#keepCredentials(target, options)
    const request = (target.isSecure ? httpsRequest : httpRequest)(options)
    this.#request = request
    if (this.#redirects > 0) this.#opening.emit('redirect', this.url, request)
    if (options.timeout) request.on('timeout', () => this.abort('Opening handshake has timed out'))
    request.on('error', (error) => {
      if (this.#isAborted || this.#request !== request) return
      this.#request = undefined
      this.#owner.failedToOpen(error)
    })
    request.on('response', (response) => this.#answered(request, response))
    request.on('upgrade', (response, socket, head) => this.#upgraded(response, socket, head, key, hasOffer))
    const finish = settings.finishRequest as ((request: ClientRequest, webSocket: Opening) => void) | undefined
    if (finish) finish(request, this.#opening)
    else request.end()
  }

  /** Ends it, whatever it is at; 'error' and 'close' follow. */
  abort(message: string): void {
    const request = this.#request
    this.#owner.closing()
    const error = new Error(message)
    Error.captureStackTrace(error, this.abort)
    if (request === undefined) return
    this.#isAborted = true
    request.destroy()
    // Where the request was answered already, it has let go of its socket.
    if (request.socket && !request.socket.destroyed) request.socket.destroy()
    process.nextTick(() => this.#owner.failedToOpen(error))
  }

  /** The answer is none: the socket ends with an error. */
  #refuse(socket: Duplex, message: string): void {
    this.#owner.closing()
    socket.once('error', (error) => this.#opening.emit('error', error))
    socket.once('close', () => this.#owner.closedUnopened())
    socket.destroy(new Error(message))
  }

  /** An answer with another status than 101. */
  #answered(request: ClientRequest, response: IncomingMessage): void {
    const { location } = response.headers
    const status = response.statusCode as number
    if (location && this.#settings.followRedirects && status >= 300 && status < 400) {
      this.#redirect(location, request)
    } else if (!this.#opening.emit('unexpected-response', request, response)) {
      this.abort(`Unexpected server response: ${status}`)
    }
  }

  #redirect(location: string, request: ClientRequest): void {
    if (++this.#redirects > (this.#settings.maxRedirects ?? MAX_REDIRECTS)) {
      this.abort('Maximum redirects exceeded')
      return
    }
    this.#request = undefined
    request.destroy()
    try {
      this.#address = resolve(location, this.#address)
      this.start()
    } catch (error) {
      this.#owner.failedToOpen(error as Error)
    }
  }

  /** Credentials go where the first request went, and nowhere else. */
  #keepCredentials(target: Origin, options: ReturnType<typeof requestOptions>['options']): void {
    const settings = this.#settings
    if (this.#redirects === 0) {
      this.#origin = target
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(settings.headers ?? {})) headers[name.toLowerCase()] = value
      this.#settings = { ...settings, headers }
    } else if (this.#opening.listenerCount('redirect') === 0) {
      const origin = this.#origin as Origin
      const isSame = sameOrigin(origin, target)
      if (!isSame || (origin.isSecure && !target.isSecure)) {
        for (const name of ['authorization', 'cookie', ...(isSame ? [] : ['host'])]) {
          delete (settings.headers as Record<string, string>)[name]
          delete options.headers[name]
        }
        options.auth = undefined
      }
    }
    // As curl does: the credentials of the first URL count for those after it on the same host.
    const headers = this.#settings.headers as Record<string, string>
    if (options.auth && !headers.authorization) {
      headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
    }
  }

  #upgraded(response: IncomingMessage, socket: Duplex, head: Buffer, key: string, hasOffer: boolean): void {
    const opening = this.#opening
    opening.emit('upgrade', response)
    // A listener may have closed it.
    if (!this.#owner.isConnecting) return
    this.#request = undefined
    const { headers } = response
    if (headers.upgrade === undefined || headers.upgrade.toLowerCase() !== 'websocket') {
      this.#refuse(socket, 'Invalid Upgrade header')
      return
    }
    if (headers['sec-websocket-accept'] !== acceptFor(key)) {
      this.#refuse(socket, 'Invalid Sec-WebSocket-Accept header')
      return
    }
    const protocol = headers['sec-websocket-protocol'] as string | undefined
    const wrong = this.#wrongProtocol(protocol)
    if (wrong !== undefined) {
      this.#refuse(socket, wrong)
      return
    }
    const extensions = headers['sec-websocket-extensions'] as string | undefined
    let compression: ReturnType<typeof compressionOf>
    if (extensions !== undefined) {
      const agreed = this.#agree(extensions, hasOffer)
      if (typeof agreed === 'string') {
        this.#refuse(socket, agreed)
        return
      }
      compression = agreed
    }
    opening.setSocket(socket, head, this.#settings, { protocol: protocol ?? '', compression })
  }

  #wrongProtocol(protocol: string | undefined): string | undefined {
    if (protocol === undefined) return this.#protocols.length > 0 ? 'Server sent no subprotocol' : undefined
    if (this.#protocols.length === 0) return 'Server sent a subprotocol but none was requested'
    return this.#protocols.includes(protocol) ? undefined : 'Server sent an invalid subprotocol'
  }

  /** The compression that an answer agrees upon, or what is wrong with it. */
  #agree(header: string, hasOffer: boolean): ReturnType<typeof compressionOf> | string {
    if (!hasOffer) return 'Server sent a Sec-WebSocket-Extensions header but no extension was requested'
    try {
      const items = parseExtensions(header)
      const [item] = items
      if (item === undefined || items.some(({ name }) => name !== NAME)) {
        return 'Server indicated an extension that was not requested'
      }
      const options = deflateOptions(this.#settings.perMessageDeflate ?? true) ?? {}
      return compressionOf(confirm(readParameters(item.parameters, false), options), options, false)
    } catch {
      return 'Invalid Sec-WebSocket-Extensions header'
    }
  }
}

const MAX_REDIRECTS = 10

function resolve(location: string, address: string | URL): URL {
  try {
    return new URL(location, address)
  } catch {
    throw new SyntaxError(`Invalid URL: ${location}`)
  }
}
