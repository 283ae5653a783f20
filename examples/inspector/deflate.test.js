// @ts-check
// Drives the switch for permessage-deflate: what is agreed upon, both sizes, reconnection, looks and keys with it on.
// Knows RFC 7692 by Node's zlib, which the library does not use; the rest of the page is in the other tests.

import { inflateRawSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cutOff, lowContrastTexts, rowsOf, startBrowser, startServer, textOf } from './harness.js'
import {
  BROWSER,
  breaks,
  CODEC,
  COMPRESSION_VIOLATIONS,
  IN,
  hasRows as listHas,
  OUT,
  offeredUnder,
  PROTOCOL_VIOLATIONS,
} from './rows.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
/** @type {string[]} */
let complaints

beforeAll(async () => {
  server = await startServer()
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

beforeEach(async () => {
  complaints = []
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(server.url)
  await page.locator('#state[data-state=open]').waitFor()
})
afterEach(async () => {
  await page.close()
  expect(complaints).toEqual([])
})

const EXTENSION = 'permessage-deflate'
const press = (/** @type {string} */ key) => page.click(`button[data-key="${key}"]`)
const hasRows = (/** @type {Record<string, unknown>[]} */ ...expected) => listHas(page, ...expected)
const isAgreed = (/** @type {string} */ words) => page.locator('#agreed', { hasText: words }).waitFor()
const isOn = () => page.getAttribute('#deflate', 'aria-checked')
const opened = (/** @type {string} */ peer, /** @type {string} */ what) => ({
  ...{ peer, direction: CODEC, type: 'open' },
  payload: `The handshake is complete, with ${what}; frames follow.`,
})
const switchOn = async () => {
  await press('d')
  await isAgreed(EXTENSION)
}
const toNumber = (/** @type {string} */ text) => Number(text.replaceAll(/[^\d]/g, ''))

describe('the switch', () => {
  test('goes on and off with a new connection each time', async () => {
    expect([await isOn(), await textOf(page, '#agreed')]).toEqual(['false', 'none agreed'])
    await switchOn()
    expect(await isOn()).toBe('true')
    await press('d')
    await isAgreed('none agreed')
    expect(await isOn()).toBe('false')
    await hasRows(
      opened('browser 1', 'no extension'),
      { peer: 'browser 1', direction: IN, type: 'close', payload: '1000' },
      opened('browser 2', EXTENSION),
      { peer: 'browser 2', direction: IN, type: 'close', payload: '1000' },
      opened('browser 3', 'no extension'),
    )
    await page.waitForTimeout(1500)
    expect((await rowsOf(page)).filter(({ direction, type }) => direction === CODEC && type === 'open')).toHaveLength(3)
  })

  test('twice in a row ends as it began', async () => {
    await page.evaluate(() => {
      for (let i = 0; i < 2; i++) document.getElementById('deflate')?.click()
    })
    await hasRows(opened('browser 2', 'no extension'))
    expect([await isOn(), await textOf(page, '#agreed')]).toEqual(['false', 'none agreed'])
  })

  test('waits for the next connection where there is none', async () => {
    await press('c')
    await page.locator('#state[data-state=closed]').waitFor()
    await press('d')
    await page.waitForTimeout(500)
    expect(await textOf(page, '#agreed')).toBe('not connected')
    await press('c')
    await isAgreed(EXTENSION)
    await hasRows(opened('browser 2', EXTENSION))
  })

  test('stays on when the connection comes back', async () => {
    await switchOn()
    await press('x')
    await hasRows(opened('browser 3', EXTENSION))
    await isAgreed(EXTENSION)
  })

  test('is a switch for the keyboard, and keeps the focus', async () => {
    await page.getByRole('switch', { name: 'Deflate' }).focus()
    await page.keyboard.press('Space')
    await isAgreed(EXTENSION)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('deflate')
    await page.keyboard.press('Enter')
    await isAgreed('none agreed')
    await page.focus('#grid')
    await page.keyboard.press('d')
    await isAgreed(EXTENSION)
  })
})

describe('sizes', () => {
  test('of a message in: the wire as zlib reads it, and the text', async () => {
    await switchOn()
    await page.fill('[data-action=text] input', 'abcdefgh'.repeat(128))
    await press('t')
    await hasRows({ direction: IN, type: 'text', rsv: '100', payload: expect.stringMatching(/^1,024 B → \d+ B "abcd/) })
    const row = (await rowsOf(page)).find(({ type }) => type === 'text')
    const wire = Number(row?.length)
    expect(wire).toBeLessThan(64)
    expect(row?.payload).toMatch(new RegExp(`^1,024 B → ${wire} B `))
    await expect.poll(() => textOf(page, '#packed-in')).toBe(`▼ 1.02 kB → ${wire} B`)
    await expect.poll(() => textOf(page, '#meter-in [data-part=bytes]')).toMatch(/^\d\d B$/)

    await page.locator('#rows tr', { hasText: 'abcd' }).first().click()
    const details = await textOf(page, '#details')
    expect(details).toContain(`1,024 B, compressed to ${((100 * wire) / 1024).toFixed(1)} %`)
    expect(details).toContain('Payload without compression, first 256 of 1,024 B')
    expect(details).toContain(`Payload on the wire, ${wire} B`)
    const dump = await page.locator('#details .as-hex').last().textContent()
    const bytes = (dump ?? '').split('\n').flatMap((line) => line.slice(6, 54).match(/[0-9a-f]{2}/g) ?? [])
    expect(bytes).toHaveLength(wire)
    const message = Buffer.from(`${bytes.join('')}0000ffff`, 'hex')
    expect(inflateRawSync(message, { finishFlush: 2 }).toString()).toBe('abcdefgh'.repeat(128))
  })

  test('of messages out: what was said before costs less', async () => {
    await switchOn()
    const text = 'Ein Satz, der wiederkehrt'
    await page.fill('[data-action=serverText] input', text)
    await press('s')
    await press('s')
    const frame = { direction: OUT, type: 'text', rsv: '100', payload: expect.stringMatching(/^25 B → \d+ B "Ein/) }
    await hasRows(frame, frame, { direction: BROWSER, type: 'message', length: '25', payload: `"${text}"` })
    const [first, second] = (await rowsOf(page)).filter(({ type }) => type === 'text').map(({ length }) => length)
    expect(Number(second)).toBeLessThan(Number(first) / 2)
    await expect.poll(() => textOf(page, '#packed-out')).toBe(`▲ 50 B → ${Number(first) + Number(second)} B`)
  })

  test('of fragments, and control frames as they are', async () => {
    await switchOn()
    await page.fill('[data-action=serverText] input', 'eins zwei drei vier')
    await press('f')
    await press('p')
    const sizes = expect.stringMatching(/^\d B → \d+ B "/)
    await hasRows(
      { direction: OUT, type: 'text', fin: '…', rsv: '100', payload: sizes },
      { direction: OUT, type: 'continue', fin: '…', rsv: '000', payload: sizes },
      { direction: OUT, type: 'continue', fin: '…', rsv: '000', payload: sizes },
      { ...{ direction: OUT, fin: 'fin', rsv: '000' }, payload: expect.stringMatching(/^19 B → \d+ B in 4 frames "/) },
      { direction: OUT, type: 'ping', rsv: '000', length: '14', payload: '"are you there?"' },
    )
    await hasRows({ direction: BROWSER, type: 'message', length: '19', payload: '"eins zwei drei vier"' })
  })

  test('of a large message, and of one that is too big', async () => {
    await switchOn()
    await press('l')
    await hasRows({ direction: IN, payload: expect.stringMatching(/^1,048,576 B → [\d,]+ B /) })
    await page.selectOption('[data-action=large] select', { label: '17 MiB, too big' })
    await press('l')
    await hasRows({ direction: IN, type: 'error', payload: expect.stringMatching(/^1009 ERR_MESSAGE_TOO_BIG/) })
    await hasRows({ direction: BROWSER, type: 'close', payload: expect.stringMatching(/^1009/) })
  })

  test('are not shown with the switch off', async () => {
    await press('t')
    await hasRows({ direction: IN, type: 'text', rsv: '000', length: '17', payload: '"Hello, frames ✓"' })
    expect(await textOf(page, '#packed-in')).toBe('▼ none')
  })
})

describe('a burst', () => {
  test.each([
    ['16', 'm', '▼', '160 kB'],
    ['1024', 'm', '▼', '10.2 MB'],
    ['1024', 'n', '▲', '10.2 MB'],
  ])('of messages of %s B is counted whole, in both sizes (%s)', async (size, key, mark, plain) => {
    await switchOn()
    await page.selectOption('#burst-size', size)
    await press(key)
    await page.locator('#burst-count[data-state=done]').waitFor({ timeout: 25_000 })
    expect(await textOf(page, '#burst-count')).toContain('10,000 / 10,000 messages')
    const [, packed, wire] = /· ((?:.+) → (.+))$/.exec(await textOf(page, '#burst-rate')) ?? []
    expect(packed).toBe(`${plain} → ${wire}`)
    const way = key === 'n' ? 'out' : 'in'
    await expect.poll(() => textOf(page, `#packed-${way}`)).toBe(`${mark} ${packed}`)
    await expect.poll(() => textOf(page, `#meter-${way} [data-part=bytes]`)).toBe(wire)
  })

  test.each(['m', 'n'])('ends with its connection when the switch is turned (%s)', async (key) => {
    await page.selectOption('#burst-size', '1024')
    // In the page: from here the burst might be over before the switch is pressed.
    await page.evaluate(() => {
      const count = document.getElementById('burst-count')
      const observer = new MutationObserver(() => {
        observer.disconnect()
        document.getElementById('deflate')?.click()
      })
      if (count !== null) observer.observe(count, { attributes: true })
    })
    await press(key)
    await page.locator('#burst-count[data-state="cut off"]').waitFor()
    await isAgreed(EXTENSION)
    expect(toNumber((await textOf(page, '#burst-count')).split('/')[0])).toBeLessThan(10_000)
    await press('t')
    await hasRows({ peer: 'browser 2', direction: IN, type: 'text', rsv: '100' })
  })
})

describe('what is wrong', () => {
  test('RSV1 belongs to the extension; the others are still refused by the browser', async () => {
    await switchOn()
    await press('r')
    await hasRows({ direction: OUT, type: 'error', payload: expect.stringMatching(/^not sent ERR_SEND_RESERVED_BIT/) })
    await page.uncheck('[name=rsv1]')
    await page.check('[name=rsv3]')
    await press('r')
    await hasRows(
      { direction: OUT, type: 'text', rsv: '101' },
      { direction: IN, type: 'close', payload: expect.stringMatching(/^1002/) },
    )
  })

  test('raw peers break permessage-deflate, also with the switch off', async () => {
    const offered = await offeredUnder(page, 'Breaks permessage-deflate')
    expect(offered).toEqual(COMPRESSION_VIOLATIONS.map(([scenario]) => scenario))
    await breaks(page, COMPRESSION_VIOLATIONS, EXTENSION)
  })

  test('raw peers break the protocol with it on', async () => {
    await switchOn()
    await breaks(page, PROTOCOL_VIOLATIONS, EXTENSION)
  })

  test('a raw peer compresses by hand', async () => {
    await page.selectOption('[name=scenario]', 'deflate-fragments')
    await press('v')
    await hasRows(
      { direction: IN, type: 'text', fin: '…', rsv: '100', length: '3', payload: expect.stringMatching(/B → 3 B "H/) },
      { direction: IN, fin: 'fin', rsv: '000', payload: expect.stringMatching(/^5 B → 7 B in 2 frames ".*o"/) },
      { direction: CODEC, type: 'closed', payload: expect.stringMatching(/^1000/) },
    )
  })
})

describe('looks with the switch on', () => {
  test.each(/** @type {const} */ (['light', 'dark']))('%s: contrast', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await switchOn()
    for (const key of ['t', 's', 'f', 'r']) await page.keyboard.press(key)
    await hasRows({ type: 'error' })
    expect(await lowContrastTexts(page)).toEqual([])
    await page
      .locator('#rows tr', { has: page.locator('.sizes') })
      .first()
      .click()
    expect(await lowContrastTexts(page)).toEqual([])
  })

  test.each([1400, 1180, 1000, 800])('nothing is cut off in a window %i wide', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    await switchOn()
    for (const key of ['t', 'l', 'm']) await page.keyboard.press(key)
    await page.locator('#burst-count[data-state=done]').waitFor({ timeout: 25_000 })
    await expect.poll(() => textOf(page, '#packed-in')).toMatch(/MB → /)
    expect(await cutOff(page)).toEqual([])
  })
})
