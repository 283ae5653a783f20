// permessage-deflate (RFC 7692) as ws negotiates and applies it, on zlib; what is sent to many is compressed once.
// Knows parameters and messages; no HTTP and no socket.

import { shorter } from '../base/deflated.js'
import type { Extension, ExtensionParameters } from '../index.js'
import type { Deflater, Inflater } from '../permessage-deflate/index.js'
import { nodeZlib } from '../permessage-deflate/node.js'
import type { PerMessageDeflateOptions } from './types.js'
import { type DeflateSettings, deflaterOf } from './zlib.js'

export const NAME = 'permessage-deflate'

/** Parameters after they were read: window bits are numbers, or true where they have no value. */
export interface Parameters {
  server_no_context_takeover?: true
  client_no_context_takeover?: true
  server_max_window_bits?: number
  client_max_window_bits?: number | true
}

/** What a client offers. */
export function offer(options: PerMessageDeflateOptions): Parameters {
  const parameters: Parameters = {}
  if (options.serverNoContextTakeover) parameters.server_no_context_takeover = true
  if (options.clientNoContextTakeover) parameters.client_no_context_takeover = true
  if (options.serverMaxWindowBits) parameters.server_max_window_bits = options.serverMaxWindowBits
  if (options.clientMaxWindowBits) parameters.client_max_window_bits = options.clientMaxWindowBits
  else if (options.clientMaxWindowBits == null) parameters.client_max_window_bits = true
  return parameters
}

/** Reads the parameters of one offer or answer; throws where one is wrong. */
export function readParameters(given: ExtensionParameters, isServer: boolean): Parameters {
  const parameters: Parameters = {}
  for (const [name, values] of given) {
    if (values.length > 1) throw new Error(`Parameter "${name}" must have only a single value`)
    const value = values[0] as string | true
    const wrong = () => new TypeError(`Invalid value for parameter "${name}": ${value}`)
    if (name === 'server_no_context_takeover' || name === 'client_no_context_takeover') {
      if (value !== true) throw wrong()
      parameters[name] = true
    } else if (name === 'client_max_window_bits' && value === true) {
      if (!isServer) throw wrong()
      parameters[name] = true
    } else if (name === 'client_max_window_bits' || name === 'server_max_window_bits') {
      const bits = Number(value)
      if (value === true || !Number.isInteger(bits) || bits < 8 || bits > 15) throw wrong()
      parameters[name] = bits
    } else {
      throw new Error(`Unknown parameter "${name}"`)
    }
  }
  return parameters
}

/** What a server agrees to of several offers: the first that its options allow; throws where none is. */
export function accept(offers: readonly Parameters[], options: PerMessageDeflateOptions): Parameters {
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = options as {
    serverMaxWindowBits?: number | boolean
    clientMaxWindowBits?: number | boolean
  }
  const offered = offers.find((one) => {
    const bits = one.server_max_window_bits
    if (options.serverNoContextTakeover === false && one.server_no_context_takeover) return false
    if (bits !== undefined && serverBits === false) return false
    if (bits !== undefined && typeof serverBits === 'number' && serverBits > bits) return false
    if (typeof clientBits !== 'number') return true
    // RFC 7692 section 7.1.2.2: where the offer has a value, the answer has no greater one.
    const offeredBits = one.client_max_window_bits
    return offeredBits === true || (offeredBits !== undefined && offeredBits >= clientBits)
  })
  if (offered === undefined) throw new Error('None of the extension offers can be accepted')
  const accepted = { ...offered }
  if (options.serverNoContextTakeover) accepted.server_no_context_takeover = true
  if (options.clientNoContextTakeover) accepted.client_no_context_takeover = true
  if (typeof serverBits === 'number') accepted.server_max_window_bits = serverBits
  if (typeof clientBits === 'number') accepted.client_max_window_bits = clientBits
  else if (clientBits === false || accepted.client_max_window_bits === true) delete accepted.client_max_window_bits
  return accepted
}

/** What a client agrees to: the server's answer, where the options allow it; throws where they do not. */
export function confirm(answer: Parameters, options: PerMessageDeflateOptions): Parameters {
  const bits = (options as { clientMaxWindowBits?: number | boolean }).clientMaxWindowBits
  const answered = answer.client_max_window_bits
  if (options.clientNoContextTakeover === false && answer.client_no_context_takeover) {
    throw new Error('Unexpected parameter "client_no_context_takeover"')
  }
  if (answered === undefined) {
    return typeof bits === 'number' ? { ...answer, client_max_window_bits: bits } : answer
  }
  if (bits === false || (typeof bits === 'number' && (answered as number) > bits)) {
    throw new Error('Unexpected or invalid parameter "client_max_window_bits"')
  }
  return answer
}

/** The parameters as a header has them. */
export function written(parameters: Parameters): ExtensionParameters {
  return new Map(Object.entries(parameters).map(([name, value]) => [name, [value === true ? true : String(value)]]))
}

const DEFAULT_BITS = 15
const THRESHOLD = 1024
const RSV1 = [1, 0, 0] as const
const NOTHING = new Uint8Array(0)

/** Deflaters and inflaters that remember nothing between messages, by their settings; used for one message at a time. */
const stateless = new Map<string, Deflater & { key: string }>()
const statelessInflaters = new Map<number, Inflater>()

function statelessDeflater(settings: DeflateSettings): Deflater & { key: string } {
  const key = `${settings.windowBits} ${settings.level} ${settings.memLevel} ${settings.strategy}`
  const found = stateless.get(key)
  if (found !== undefined) return found
  const made = Object.assign(deflaterOf(settings), { key })
  stateless.set(key, made)
  return made
}

function statelessInflater(windowBits: number): Inflater {
  const found = statelessInflaters.get(windowBits)
  if (found !== undefined) return found
  const made = nodeZlib.inflater({ windowBits })
  statelessInflaters.set(windowBits, made)
  return made
}

/** What was compressed of a message without what came before it, by the settings of the deflater. */
export type Compressed = Map<string, Uint8Array>

/** permessage-deflate on one connection. */
export class Compression implements Extension {
  readonly name = NAME
  readonly reserved = RSV1
  readonly #settings: DeflateSettings
  readonly #inflateBits: number
  readonly #sendsWithContext: boolean
  readonly #receivesWithContext: boolean
  readonly #threshold: number
  #deflater: Deflater | undefined
  #inflater: Inflater | undefined
  // Of the message that is sent next: whether it may be compressed, and what was made of it for others.
  #isWanted = false
  #shared: Compressed | undefined
  #isFragmented = false

  constructor(parameters: Parameters, options: PerMessageDeflateOptions, isServer: boolean) {
    const server = parameters.server_max_window_bits ?? DEFAULT_BITS
    const client = (parameters.client_max_window_bits as number | undefined) ?? DEFAULT_BITS
    const { level = -1, memLevel = 8, strategy = 0 } = options.zlibDeflateOptions ?? {}
    this.#settings = { windowBits: isServer ? server : client, level, memLevel, strategy }
    this.#inflateBits = isServer ? client : server
    const { server_no_context_takeover: serverStarts, client_no_context_takeover: clientStarts } = parameters
    this.#sendsWithContext = !(isServer ? serverStarts : clientStarts)
    this.#receivesWithContext = !(isServer ? clientStarts : serverStarts)
    this.#threshold = options.threshold ?? THRESHOLD
  }

  /** `shared`: where the message is sent to others too, what was made of it. */
  prepare(isWanted: boolean, shared?: Compressed): void {
    this.#isWanted = isWanted
    this.#shared = shared
  }

  encodes(_type: string, size: number): boolean {
    return this.#isWanted && (this.#sendsWithContext || size >= this.#threshold)
  }

  encode(payload: Uint8Array, fin: boolean): Uint8Array {
    // RFC 7692 section 7.2.3.6: an empty message is one byte.
    if (payload.length === 0) {
      if (fin && this.#isFragmented && !this.#sendsWithContext) this.#deflater?.reset()
      this.#isFragmented = !fin
      return fin ? Uint8Array.of(0) : NOTHING
    }
    const isWhole = fin && !this.#isFragmented
    this.#isFragmented = !fin
    if (isWhole && this.#shared !== undefined) return this.#encodeOnce(payload, this.#shared)
    // Between the fragments of a message, others may be compressed on other connections.
    const deflater = isWhole && !this.#sendsWithContext ? statelessDeflater(this.#settings) : this.#ownDeflater()
    const encoded = shorter(deflater.deflate(payload), payload, fin)
    if (fin && !this.#sendsWithContext) deflater.reset()
    return encoded
  }

  #ownDeflater(): Deflater {
    this.#deflater ??= deflaterOf(this.#settings)
    return this.#deflater
  }

  /** A message that refers to nothing before it may be sent whatever was agreed upon, if nothing after it does either. */
  #encodeOnce(payload: Uint8Array, shared: Compressed): Uint8Array {
    const deflater = statelessDeflater(this.#settings)
    let bytes = shared.get(deflater.key)
    if (bytes === undefined) {
      bytes = shorter(deflater.deflate(payload), payload, true)
      deflater.reset()
      shared.set(deflater.key, bytes)
    }
    this.#deflater?.reset()
    return bytes
  }

  decode(payload: Uint8Array, fin: boolean, budget: number): Uint8Array {
    this.#inflater ??= this.#receivesWithContext
      ? nodeZlib.inflater({ windowBits: this.#inflateBits })
      : statelessInflater(this.#inflateBits)
    try {
      return this.#inflater.inflate(payload, fin, budget)
    } finally {
      if (!this.#receivesWithContext && fin) this.#inflater.reset()
    }
  }

  release(): void {
    this.#deflater?.release?.()
    this.#deflater = undefined
    this.#inflater = undefined
  }
}
