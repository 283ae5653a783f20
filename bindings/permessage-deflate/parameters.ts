// The four parameters of permessage-deflate, to and from what stands in Sec-WebSocket-Extensions.
// Knows what each may look like (RFC 7692 section 7.1); not what either end wants.

import type { ExtensionParameters } from '../index.js'

/** The parameters of an offer or of an answer. */
export interface Parameters {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number | undefined
  /** True where it has no value, as it may in an offer. */
  readonly clientMaxWindowBits: number | true | undefined
}

const SERVER_NO_CONTEXT_TAKEOVER = 'server_no_context_takeover'
const CLIENT_NO_CONTEXT_TAKEOVER = 'client_no_context_takeover'
const SERVER_MAX_WINDOW_BITS = 'server_max_window_bits'
const CLIENT_MAX_WINDOW_BITS = 'client_max_window_bits'

// RFC 7692 section 7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15, inclusive".
const WINDOW_BITS = /^(?:[89]|1[0-5])$/

/** Reads the parameters of an offer or an answer; a sentence that says what is wrong where something is. */
export function readParameters(given: ExtensionParameters): Parameters | string {
  let serverNoContextTakeover = false
  let clientNoContextTakeover = false
  let serverMaxWindowBits: number | undefined
  let clientMaxWindowBits: number | true | undefined
  for (const [name, values] of given) {
    // RFC 7692 section 7.1: "multiple extension parameters with the same name".
    if (values.length !== 1) return `${name} came ${values.length} times; once is allowed (RFC 7692 section 7.1)`
    const value = values[0]
    switch (name) {
      case SERVER_NO_CONTEXT_TAKEOVER:
        if (value !== true) return `${name} has the value ${quote(value)}; it has none (RFC 7692 section 7.1.1.1)`
        serverNoContextTakeover = true
        break
      case CLIENT_NO_CONTEXT_TAKEOVER:
        if (value !== true) return `${name} has the value ${quote(value)}; it has none (RFC 7692 section 7.1.1.2)`
        clientNoContextTakeover = true
        break
      case SERVER_MAX_WINDOW_BITS:
        if (!isWindowBits(value)) return `${name} is ${quote(value)}; 8 to 15 are allowed (RFC 7692 section 7.1.2.1)`
        serverMaxWindowBits = Number(value)
        break
      case CLIENT_MAX_WINDOW_BITS:
        if (value !== true && !isWindowBits(value)) {
          return `${name} is ${quote(value)}; 8 to 15 are allowed (RFC 7692 section 7.1.2.2)`
        }
        clientMaxWindowBits = value === true ? true : Number(value)
        break
      default:
        // RFC 7692 section 7.1: "an extension parameter not defined for use" there.
        return `unknown parameter ${quote(name)} (RFC 7692 section 7.1)`
    }
  }
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits }
}

/** What to send for `parameters`. */
export function writeParameters(parameters: Parameters): ExtensionParameters {
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = parameters
  const written = new Map<string, readonly (string | true)[]>()
  if (serverNoContextTakeover) written.set(SERVER_NO_CONTEXT_TAKEOVER, [true])
  if (clientNoContextTakeover) written.set(CLIENT_NO_CONTEXT_TAKEOVER, [true])
  if (serverMaxWindowBits !== undefined) written.set(SERVER_MAX_WINDOW_BITS, [String(serverMaxWindowBits)])
  if (clientMaxWindowBits !== undefined) {
    written.set(CLIENT_MAX_WINDOW_BITS, [clientMaxWindowBits === true ? true : String(clientMaxWindowBits)])
  }
  return written
}

function isWindowBits(value: unknown): boolean {
  return typeof value === 'string' && WINDOW_BITS.test(value)
}

/** A name or value of the peer's in an error message: short, and on one line. */
function quote(value: string | true): string {
  return value === true ? 'without a value' : JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
}
