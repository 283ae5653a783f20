// @ts-check
// What the tests expect of the list: rows in their order, and how the codec answers each violation of a raw peer.
// Knows the page's words; no test.

import { expect } from 'vitest'
import { rowsOf } from './harness.js'

/** @import { Page } from 'playwright-core' */

export const IN = '▼ in'
export const OUT = '▲ out'
export const CODEC = '● codec'
export const BROWSER = '◇ page'

/**
 * Waits for rows in the list, in this order.
 * @param {Page} page
 * @param {Record<string, unknown>[]} expected
 */
export async function hasRows(page, ...expected) {
  await expect
    .poll(async () => inOrder(await rowsOf(page), expected), { timeout: 10_000 })
    .toEqual(expected.map((row) => expect.objectContaining(row)))
}

/** The rows that match, each looked for after the one before. @param {Record<string, string>[]} rows @param {Record<string, unknown>[]} expected */
function inOrder(rows, expected) {
  let from = 0
  return expected.map((wanted) => {
    const at = rows.findIndex((row, i) => i >= from && expect.objectContaining(wanted).asymmetricMatch(row))
    if (at < 0) return { missing: wanted, last: rows.slice(-12) }
    from = at + 1
    return rows[at]
  })
}

/** @typedef {[scenario: string, closeCode: number, code: string]} Violation */

/** Under "Breaks the protocol". @type {Violation[]} */
export const PROTOCOL_VIOLATIONS = [
  ['unmasked', 1002, 'ERR_NOT_MASKED'],
  ['opcode', 1002, 'ERR_UNKNOWN_OPCODE'],
  ['length', 1002, 'ERR_LENGTH_NOT_MINIMAL'],
  ['length-top-bit', 1002, 'ERR_LENGTH_TOP_BIT'],
  ['utf8', 1007, 'ERR_INVALID_UTF8'],
  ['utf8-fragments', 1007, 'ERR_INVALID_UTF8'],
  ['close-1006', 1002, 'ERR_CLOSE_CODE'],
  ['close-length', 1002, 'ERR_CLOSE_PAYLOAD_LENGTH'],
  ['close-reason', 1007, 'ERR_CLOSE_REASON'],
  ['ping-fragmented', 1002, 'ERR_FRAGMENTED_CONTROL_FRAME'],
  ['ping-long', 1002, 'ERR_CONTROL_FRAME_LENGTH'],
  ['continue', 1002, 'ERR_NOTHING_TO_CONTINUE'],
  ['interrupted', 1002, 'ERR_MESSAGE_INTERRUPTED'],
  ['too-big', 1009, 'ERR_FRAME_TOO_BIG'],
]

/** Under "Breaks permessage-deflate". @type {Violation[]} */
export const COMPRESSION_VIOLATIONS = [
  ['deflate-data', 1007, 'ERR_EXTENSION_DATA'],
  ['deflate-utf8', 1007, 'ERR_INVALID_UTF8'],
  ['deflate-big', 1009, 'ERR_MESSAGE_TOO_BIG'],
  ['deflate-continue', 1002, 'ERR_RESERVED_BIT'],
  ['deflate-ping', 1002, 'ERR_RESERVED_BIT'],
]

/**
 * Has raw peers, the first ones of the page, break each rule in turn.
 * @param {Page} page
 * @param {readonly Violation[]} violations
 * @param {string} extension What the handshake is expected to agree upon.
 */
export async function breaks(page, violations, extension) {
  for (const [i, [scenario, closeCode, code]] of violations.entries()) {
    const peer = `raw ${i + 1}`
    await page.selectOption('[name=scenario]', scenario)
    await page.click('button[data-key=v]')
    await hasRows(
      page,
      { peer, direction: CODEC, type: 'open', payload: `The handshake is complete, with ${extension}; frames follow.` },
      { peer, direction: IN, type: 'bytes' },
      { peer, direction: IN, type: 'error', payload: expect.stringMatching(`^${closeCode} ${code}: `) },
      { peer, direction: OUT, type: 'close', payload: expect.stringMatching(`^${closeCode} "`) },
      { peer, direction: CODEC, type: 'closed', payload: expect.stringMatching(/^1006/) },
    )
  }
}

/** The scenarios that the page offers under a heading. @param {Page} page @param {string} label */
export function offeredUnder(page, label) {
  const options = page.locator(`optgroup[label="${label}"] option`)
  return options.evaluateAll((all) => all.map((one) => one.getAttribute('value')))
}
