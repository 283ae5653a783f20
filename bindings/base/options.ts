// The one check that the options given are known, and the names that two functions know.
// Knows names; nothing of what an option means.

import { checkObject } from './check.js'
import { shorten } from './show.js'

/** Options of a Connection that a connection over streams has, too. */
export const CONNECTION_OPTIONS = [
  'reservedBits',
  'extensions',
  'maxFrameSize',
  'maxMessageSize',
  'acceptUnmasked',
  'maskKey',
  'now',
] as const

/** What other libraries call options of ours, where that looks different. */
const SYNONYMS = new Map([
  ['maxPayload', 'maxMessageSize'],
  ['perMessageDeflate', 'extensions'],
  ['generateMask', 'maskKey'],
])

/** How alike a name must be to be suggested: the share of letters that the same letter follows. */
const ALIKE = 0.5

/**
 * TypeError where `options` is no object, or has an option of its own that is not known; it names the nearest one. One
 * that is undefined is as if it were not there.
 */
export function checkOptions<Options extends object>(
  options: Options,
  known: readonly (keyof Options & string)[],
): void {
  checkObject('options', options)
  for (const option of Object.keys(options) as (keyof Options & string)[]) {
    if (known.includes(option) || options[option] === undefined) continue
    const given = (SYNONYMS.get(option) ?? option).toLowerCase()
    let most = ALIKE
    let hint = `known: ${known.join(', ')}`
    for (const name of known) {
      const same = [...name].filter((_, i) => given.includes(name.slice(i, i + 2).toLowerCase()))
      const likeness = (2 * same.length) / (given.length + name.length)
      if (likeness > most) {
        most = likeness
        hint = `did you mean ${name}?`
      }
    }
    throw new TypeError(`unknown option '${shorten(option)}'; ${hint}`)
  }
}
