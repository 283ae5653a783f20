// How extensions and subprotocols are agreed upon, at both ends (RFC 6455 sections 4.2.2, 9.1; RFC 7692 section 5).
// Knows no extension by name, and nothing of HTTP.

import type { Bit, Extension, ExtensionNegotiator } from '../index.js'
import { isToken, kind, show } from './characters.js'
import { type ExtensionItem, formatExtensions, parseExtensions, parseSubprotocols } from './grammar.js'
import { Problem, type RequestCode, type ResponseCode } from './problems.js'

/** What to spread into the options of a `Connection`. */
export interface NegotiatedOptions {
  /** None, but those that the extensions claim, which the connection knows from them. */
  readonly reservedBits: readonly [Bit, Bit, Bit]
  /** In the order of the answer, which is that of their use: RFC 6455 section 9.1. */
  readonly extensions: readonly Extension[]
}

/** What both ends have agreed upon. */
export interface Agreement {
  readonly ok: true
  /** `new Connection('SERVER', { ...connectionOptions })`. */
  readonly connectionOptions: NegotiatedOptions
  /** The subprotocol; undefined where there is none. */
  readonly subprotocol: string | undefined
  readonly extensions: readonly Extension[]
}

export function agreement(subprotocol: string | undefined, extensions: readonly Extension[]): Agreement {
  return { ok: true, connectionOptions: { reservedBits: [0, 0, 0], extensions }, subprotocol, extensions }
}

/** Checks an `extensions` option. */
export function readNegotiators(
  extensions: readonly ExtensionNegotiator[] = [],
): ReadonlyMap<string, ExtensionNegotiator> {
  if (!Array.isArray(extensions)) throw new TypeError(`extensions must be an array, not ${kind(extensions)}`)
  const negotiators = new Map<string, ExtensionNegotiator>()
  for (const negotiator of extensions as readonly ExtensionNegotiator[]) {
    const given: unknown = negotiator
    if (typeof given === 'function') {
      throw new TypeError(`extensions must be an array of ExtensionNegotiator: call ${given.name || 'the function'}()`)
    }
    if (typeof given !== 'object' || given === null || !('offers' in given)) {
      throw new TypeError(`extensions must be an array of ExtensionNegotiator, not of ${kind(given)}`)
    }
    const name: unknown = negotiator.name
    if (typeof name !== 'string') throw new TypeError(`an extension's name must be a string, not ${kind(name)}`)
    if (!isToken(name))
      throw new RangeError(`an extension is called ${show(name)}; it must be a token (RFC 6455 section 9.1)`)
    if (negotiators.has(name)) {
      throw new RangeError(`the extension ${name} is in extensions twice; several offers are one negotiator's`)
    }
    negotiators.set(name, negotiator)
  }
  return negotiators
}

/** Reads a header's values by its grammar; a value outside it fails the handshake. None: undefined. */
function read<T, Code extends RequestCode | ResponseCode>(
  values: readonly string[],
  parse: (values: readonly string[]) => T[],
  code: Code,
): T[] {
  if (values.length === 0) return []
  try {
    return parse(values)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Problem(code, error.message, 'a list with commas between its elements', error)
  }
}

export const offeredExtensions = (values: readonly string[]) => read(values, parseExtensions, 'ERR_REQUEST_EXTENSIONS')
export const offeredSubprotocols = (values: readonly string[]) =>
  read(values, parseSubprotocols, 'ERR_REQUEST_SUBPROTOCOLS')

/** Extensions in the order they were agreed upon, no two of which claim the same reserved bit. */
class Agreed {
  readonly extensions: Extension[] = []

  /** Adds the extension, or returns false where a bit that it claims is taken; then it is released. */
  add(extension: Extension): boolean {
    const taken = this.extensions.some(({ reserved }) =>
      reserved.some((bit, i) => bit === 1 && extension.reserved[i] === 1),
    )
    if (taken) extension.release?.()
    else this.extensions.push(extension)
    return !taken
  }

  release(): void {
    for (const extension of this.extensions) extension.release?.()
  }
}

/**
 * Server: takes of the offers what there is a negotiator for. Several offers of one extension are alternatives, and the
 * first that will do is taken (RFC 7692 section 5). One that claims a reserved bit that is taken is declined.
 *
 * @returns The header of the answer, if any, and the extensions in its order.
 */
export function acceptOffers(
  offers: readonly ExtensionItem[],
  negotiators: ReadonlyMap<string, ExtensionNegotiator>,
): { header: string | undefined; extensions: readonly Extension[] } {
  const agreed = new Agreed()
  const answered = new Set<string>()
  const answers: ExtensionItem[] = []
  try {
    for (const { name, parameters } of offers) {
      const answer = answered.has(name) ? undefined : negotiators.get(name)?.accept(parameters)
      if (answer === undefined || !agreed.add(answer.extension)) continue
      answered.add(name)
      answers.push({ name, parameters: answer.parameters })
    }
    const header = answers.length > 0 ? formatExtensions(answers) : undefined
    return { header, extensions: agreed.extensions }
  } catch (error) {
    agreed.release()
    throw error
  }
}

/** Client: the extensions that a response's header says, each of which must answer an offer. */
export function acceptAnswers(
  values: readonly string[],
  offered: ReadonlyMap<string, ExtensionNegotiator>,
): readonly Extension[] {
  const code = 'ERR_RESPONSE_EXTENSIONS'
  // RFC 6455 section 11.3.2: not more than once in a response.
  if (values.length > 1) {
    throw new Problem(code, 'Sec-WebSocket-Extensions came more than once', 'a response has it once at most')
  }
  const agreed = new Agreed()
  const answered = new Set<string>()
  try {
    for (const { name, parameters } of read(values, parseExtensions, code)) {
      const negotiator = offered.get(name)
      if (negotiator === undefined) {
        const list = [...offered.keys()].join(', ') || 'none'
        throw new Problem(code, `extension ${show(name)} was not offered`, `offered: ${list}`)
      }
      if (answered.has(name))
        throw new Problem(code, `extension ${name} is answered twice`, 'each is answered once at most')
      answered.add(name)
      if (!agreed.add(accepted(negotiator, parameters))) {
        const wrong = `extension ${name} claims a reserved bit of an extension before it`
        throw new Problem(code, wrong, 'extensions together claim each bit once at most')
      }
    }
  } catch (error) {
    agreed.release()
    throw error
  }
  return agreed.extensions
}

function accepted(negotiator: ExtensionNegotiator, parameters: ExtensionItem['parameters']): Extension {
  try {
    return negotiator.accepted(parameters)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const code = 'ERR_RESPONSE_EXTENSIONS'
    throw new Problem(
      code,
      `extension ${negotiator.name}: ${why}`,
      'the parameters must answer one of the offers',
      error,
    )
  }
}
