// How a client and a server agree upon permessage-deflate.
// Knows RFC 7692 section 7.1 and the options; not how messages are compressed.

import type { Extension, ExtensionNegotiator, ExtensionParameters } from '../index.js'
import { type Deflater, type Inflater, MAX_WINDOW_BITS } from './backend.js'
import { type Direction, NAME, PermessageDeflate } from './extension.js'
import type { Settings } from './options.js'
import { type Parameters, readParameters, writeParameters } from './parameters.js'
import { Pool } from './pool.js'

/** The extension as it is configured; serves any number of connections, of either role. */
export class Negotiator implements ExtensionNegotiator {
  readonly name = NAME
  readonly #settings: Settings
  // By window bits.
  readonly #deflaters: Pool<Deflater>[] = []
  readonly #inflaters: Pool<Inflater>[] = []

  constructor(settings: Settings) {
    this.#settings = settings
  }

  offers(): readonly ExtensionParameters[] {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this.#settings
    const offer: Parameters = {
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits,
      // RFC 7692 section 7.1.2.2: without it in the offer, a server may not limit the client's window.
      clientMaxWindowBits: clientMaxWindowBits ?? true,
    }
    return [writeParameters(offer)]
  }

  accepted(parameters: ExtensionParameters): Extension {
    const settings = this.#settings
    const answer = readParameters(parameters)
    if (typeof answer === 'string') throw new Error(`${NAME}: ${answer}`)
    const wrong = wrongAnswer(answer, settings)
    if (wrong !== undefined) throw new Error(`${NAME}: ${wrong}`)
    const serverBits = answer.serverMaxWindowBits ?? MAX_WINDOW_BITS
    // RFC 7692 section 7.1.2.2: the client's own limit holds whatever the answer.
    const clientBits = Math.min(
      (answer.clientMaxWindowBits as number | undefined) ?? MAX_WINDOW_BITS,
      settings.clientMaxWindowBits ?? MAX_WINDOW_BITS,
    )
    return new PermessageDeflate({
      // RFC 7692 section 7.1.1.2: "the client is not going to use context takeover" where it said so.
      deflate: this.#deflate(clientBits, !answer.clientNoContextTakeover && !settings.clientNoContextTakeover),
      inflate: this.#inflate(serverBits, !answer.serverNoContextTakeover),
      threshold: settings.threshold,
    })
  }

  accept(offered: ExtensionParameters): { parameters: ExtensionParameters; extension: Extension } | undefined {
    const settings = this.#settings
    const offer = readParameters(offered)
    // RFC 7692 section 7.1: "A server MUST decline an extension negotiation offer" with a wrong parameter.
    if (typeof offer === 'string') return undefined
    // RFC 7692 section 7.1.2.2: where the offer has no client_max_window_bits, the response must have none either.
    if (settings.clientMaxWindowBits !== undefined && offer.clientMaxWindowBits === undefined) return undefined
    const answer: Parameters = {
      serverNoContextTakeover: offer.serverNoContextTakeover || settings.serverNoContextTakeover,
      clientNoContextTakeover: offer.clientNoContextTakeover || settings.clientNoContextTakeover,
      // RFC 7692 section 7.1.2.1: "the same or smaller value as the offer".
      serverMaxWindowBits: least(offer.serverMaxWindowBits, settings.serverMaxWindowBits),
      clientMaxWindowBits: least(bitsOf(offer.clientMaxWindowBits), settings.clientMaxWindowBits),
    }
    const extension = new PermessageDeflate({
      deflate: this.#deflate(answer.serverMaxWindowBits ?? MAX_WINDOW_BITS, !answer.serverNoContextTakeover),
      inflate: this.#inflate(bitsOf(answer.clientMaxWindowBits) ?? MAX_WINDOW_BITS, !answer.clientNoContextTakeover),
      threshold: settings.threshold,
    })
    return { parameters: writeParameters(answer), extension }
  }

  #deflate(windowBits: number, contextTakeover: boolean): Direction<Deflater> {
    const { backend, level, memLevel } = this.#settings
    this.#deflaters[windowBits] ??= new Pool(() => backend.deflater({ windowBits, level, memLevel }))
    return { pool: this.#deflaters[windowBits], contextTakeover }
  }

  #inflate(windowBits: number, contextTakeover: boolean): Direction<Inflater> {
    const { backend } = this.#settings
    this.#inflaters[windowBits] ??= new Pool(() => backend.inflater({ windowBits }))
    return { pool: this.#inflaters[windowBits], contextTakeover }
  }
}

/** Why `answer` is none to the offer that these settings make; undefined where it is one. */
function wrongAnswer(answer: Parameters, settings: Settings): string | undefined {
  const bits = answer.serverMaxWindowBits
  const most = settings.serverMaxWindowBits
  // RFC 7692 section 7.1.2.2: in a response it has a value.
  if (answer.clientMaxWindowBits === true) {
    return 'client_max_window_bits has no value; 8 to 15 are allowed (RFC 7692 section 7.1.2.2)'
  }
  // RFC 7692 section 7.1.1.1: the server accepts by including the parameter.
  if (settings.serverNoContextTakeover && !answer.serverNoContextTakeover) {
    return 'server_no_context_takeover was asked for, and is not in the answer (RFC 7692 section 7.1.1.1)'
  }
  // RFC 7692 section 7.1.2.1: the server accepts by including it, "with the same or smaller value as the offer".
  if (most !== undefined && (bits === undefined || bits > most)) {
    const given = bits === undefined ? 'is not in the answer' : `is ${bits}`
    return `server_max_window_bits ${given}; at most ${most} was asked for (RFC 7692 section 7.1.2.1)`
  }
  return undefined
}

function bitsOf(bits: number | true | undefined): number | undefined {
  return bits === true ? undefined : bits
}

function least(offered: number | undefined, wanted: number | undefined): number | undefined {
  if (offered === undefined || wanted === undefined) return offered ?? wanted
  return Math.min(offered, wanted)
}
