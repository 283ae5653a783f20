// @ts-check
// Drives the page with a real browser, as a user would, and checks what it shows of the frames.
// Knows the page's words and keys; looks are looks.test.js, the server alone is server.test.js.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rowsOf, startBrowser, startServer, textOf } from './harness.js'
import { BROWSER, breaks, CODEC, IN, hasRows as listHas, OUT, offeredUnder, PROTOCOL_VIOLATIONS } from './rows.js'

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
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) complaints.push(`request to ${request.url()}`)
  })
  await page.goto(server.url)
  await isOpen()
})
afterEach(async () => {
  await page.close()
  expect(complaints).toEqual([])
})

const isOpen = () => page.locator('#state[data-state=open]').waitFor()
/** @param {string} key A button's shortcut, which names it. */
const press = (key) => page.click(`button[data-key="${key}"]`)
/** @param {Record<string, unknown>[]} expected Rows that must be in the list, in this order. */
const hasRows = (...expected) => listHas(page, ...expected)

describe('the browser sends', () => {
  test('text', async () => {
    await page.fill('[data-action=text] input', 'Grüße 🙂')
    await press('t')
    await hasRows(
      { direction: CODEC, type: 'open', peer: 'browser 1' },
      { direction: IN, type: 'text', fin: 'fin', rsv: '000', length: '12', payload: '"Grüße 🙂"' },
    )
    await page.locator('#rows tr', { hasText: 'Grüße' }).click()
    const details = await textOf(page, '#details')
    expect(details).toContain('1 (0x1) text')
    expect(details).toContain('0000  47 72 c3 bc c3 9f 65 20  f0 9f 99 82              Gr····e ····')
  })

  test('binary', async () => {
    await page.selectOption('[data-action=binary] select', '16')
    await press('b')
    const payload = '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f'
    await hasRows({ direction: IN, type: 'binary', fin: 'fin', rsv: '000', length: '16', payload })
  })

  test('a large message, in frames of its own choice', async () => {
    await page.selectOption('[data-action=large] select', '1048576')
    await press('l')
    await hasRows(
      { direction: IN, type: 'binary' },
      { direction: IN, payload: expect.stringMatching(/message of 1,048,576 B in \d+ frames$/) },
    )
    const frames = (await rowsOf(page)).filter(({ direction }) => direction === IN)
    const lengths = frames.map(({ length }) => Number(length.replaceAll(',', '')))
    expect(lengths.reduce((sum, length) => sum + length)).toBe(1_048_576)
    expect(Math.max(...lengths)).toBeGreaterThan(65_535)
    expect(frames.map(({ type }) => type)).toEqual(['binary', ...frames.slice(1).map(() => 'continue')])
    expect(frames.map(({ fin }) => fin)).toEqual([...frames.slice(1).map(() => '…'), 'fin'])
  })

  test('a message over the limit', async () => {
    await page.selectOption('[data-action=large] select', { label: '17 MiB, too big' })
    await press('l')
    await hasRows(
      {
        direction: IN,
        type: 'error',
        payload: expect.stringMatching(/^1009 ERR_MESSAGE_TOO_BIG: message with a payload/),
      },
      { direction: OUT, type: 'close', payload: expect.stringMatching(/^1009 "message with a payload/) },
    )
    await hasRows({ direction: BROWSER, type: 'close', payload: expect.stringMatching(/^1009/) })
  })
})

describe('the server sends', () => {
  test('a text in fragments, which the browser joins', async () => {
    await page.fill('[data-action=serverText] input', 'eins zwei drei vier')
    await page.selectOption('[data-action=fragments] select', '4')
    await press('f')
    await hasRows(
      { direction: OUT, type: 'text', fin: '…', length: '5', payload: '"eins "' },
      { direction: OUT, type: 'continue', fin: '…' },
      { direction: OUT, type: 'continue', fin: '…' },
      { direction: OUT, type: 'continue', fin: 'fin', payload: expect.stringContaining('message of 19 B in 4 frames') },
      { direction: BROWSER, type: 'message', length: '19', payload: '"eins zwei drei vier"' },
    )
  })

  test('a ping, which the browser answers', async () => {
    await press('p')
    await hasRows(
      { direction: OUT, type: 'ping', length: '14', payload: '"are you there?"' },
      { direction: IN, type: 'pong', length: '14', payload: '"are you there?"' },
    )
  })

  test.each([
    ['latin-1', 'latin-1 (3)'],
    ['compare', 'compare (11)'],
  ])('the custom opcode %s, which the browser refuses', async (type, label) => {
    await page.selectOption('[data-action=custom] select', { label })
    await press('o')
    await hasRows(
      { direction: OUT, type, fin: 'fin', payload: '"a custom opcode"' },
      { direction: IN, type: 'close', payload: expect.stringMatching(/^1002/) },
      { direction: CODEC, type: 'closed', payload: expect.stringMatching(/^1002/) },
    )
    await hasRows({ direction: BROWSER, type: 'close', payload: '1006  wasClean: false' })
    await hasRows({ direction: CODEC, type: 'open', peer: 'browser 2' })
  })

  test('reserved bits, which the browser refuses', async () => {
    await page.check('[name=rsv3]')
    await press('r')
    await hasRows(
      { direction: OUT, type: 'text', rsv: '101' },
      { direction: IN, type: 'close', payload: expect.stringMatching(/^1002/) },
    )
    await hasRows({ direction: BROWSER, type: 'close', payload: '1006  wasClean: false' })
  })
})

describe('closing', () => {
  test('by the server, with a code and a reason', async () => {
    await page.fill('#close-code', '4001')
    await page.fill('#close-reason', 'Zeit um')
    await press('x')
    await hasRows(
      { direction: OUT, type: 'close', length: '9', payload: '4001 "Zeit um"' },
      { direction: IN, type: 'close', payload: '4001 "Zeit um"' },
      { direction: CODEC, type: 'closed', payload: expect.stringMatching(/^4001 "Zeit um"/) },
    )
    await hasRows({ direction: BROWSER, type: 'close', payload: '4001 "Zeit um"  wasClean: true' })
    await hasRows({ direction: CODEC, type: 'open', peer: 'browser 2' })
  })

  test('by the browser, with a code and a reason', async () => {
    await page.fill('#close-code', '3000')
    await press('w')
    await hasRows(
      { direction: IN, type: 'close', payload: '3000 "done"' },
      { direction: OUT, type: 'close', payload: '3000' },
    )
    await hasRows({ direction: BROWSER, type: 'close', payload: '3000  wasClean: true' })
  })

  test('with a code that neither of them may send', async () => {
    await page.fill('#close-code', '1006')
    await press('x')
    await hasRows({ direction: OUT, type: 'error', payload: expect.stringMatching(/^not sent ERR_SEND_CLOSE_CODE:/) })
    await press('w')
    await hasRows({ direction: BROWSER, type: 'refused', payload: expect.stringContaining('1006') })
    expect(await textOf(page, '#state')).toBe('Open')
  })

  test('disconnect stays, connect comes back', async () => {
    await press('c')
    await page.locator('#state[data-state=closed]').waitFor()
    await hasRows({ direction: IN, type: 'close', payload: '1000' })
    await page.keyboard.press('t')
    expect(await textOf(page, '#said')).toBe('The browser is not connected.')
    await page.waitForTimeout(1500)
    expect(await textOf(page, '#state')).toBe('Closed 1000')
    await press('c')
    await isOpen()
    await hasRows({ direction: CODEC, type: 'open', peer: 'browser 2' })
  })
})

describe('the raw peer', () => {
  test('breaks the protocol in every way', async () => {
    expect(await offeredUnder(page, 'Breaks the protocol')).toEqual(PROTOCOL_VIOLATIONS.map(([scenario]) => scenario))
    await breaks(page, PROTOCOL_VIOLATIONS, 'no extension')
  })

  test('what is unusual, but allowed', async () => {
    for (const scenario of ['custom', 'reserved', 'interleaved', 'gone']) {
      await page.selectOption('[name=scenario]', scenario)
      await press('v')
    }
    await hasRows({ direction: IN, type: 'compare', payload: '"opcode 11 is registered"' })
    await hasRows({ direction: IN, type: 'text', rsv: '110' })
    await hasRows(
      { direction: IN, type: 'text', fin: '…', payload: '"a, "' },
      { direction: IN, type: 'ping' },
      { direction: OUT, type: 'pong' },
      { direction: IN, type: 'continue', fin: 'fin' },
      { direction: IN, type: 'close', payload: '1000' },
    )
    await hasRows({ direction: IN, payload: '"gone"' }, { direction: CODEC, payload: expect.stringMatching(/^1006/) })
    expect((await rowsOf(page)).filter(({ type }) => type === 'error')).toEqual([])
  })
})

describe('a burst', () => {
  test.each([
    ['16', 'm', '▼ in', 160_000],
    ['125', 'm', '▼ in', 1_250_000],
    ['1024', 'm', '▼ in', 10_240_000],
    ['125', 'n', '▲ out', 1_250_000],
  ])('of messages of %s B is counted whole (%s)', async (size, key, way, bytes) => {
    await page.selectOption('#burst-size', size)
    await press(key)
    await page.locator('#burst-count[data-state=done]').waitFor({ timeout: 25_000 })
    expect(await textOf(page, '#burst-count')).toBe(`${way} 10,000 / 10,000 messages`)
    const [frames] = (await textOf(page, '#burst-time')).split(' frames in ')
    // The browser sends some messages in two fragments.
    const count = Number(frames.replaceAll(',', ''))
    if (key === 'n') expect(frames).toBe('10,000')
    else expect(count).toBeGreaterThanOrEqual(10_000)
    expect(await textOf(page, '#burst-rate')).toMatch(/^[\d,]+ frames\/s · [\d.]+ [kM]B\/s$/)
    const meter = key === 'n' ? '#meter-out' : '#meter-in'
    await expect.poll(() => textOf(page, `${meter} [data-part=frames]`)).toBe(`${frames} frames`)
    const total = bytes >= 1e6 ? `${(bytes / 1e6).toPrecision(3).replace(/\.0$/, '')} MB` : `${bytes / 1e3} kB`
    expect(await textOf(page, `${meter} [data-part=bytes]`)).toBe(total)
    // Every frame is in the list, or in the count of those that are not, unless the list is full.
    const listed = async () => listedFrames(await rowsOf(page))
    await expect.poll(async () => (await listed()) === count || /dropped/.test(await textOf(page, '#count'))).toBe(true)
    expect((await rowsOf(page)).length).toBeLessThanOrEqual(2000)
  })

  /** @param {Awaited<ReturnType<typeof rowsOf>>} rows */
  function listedFrames(rows) {
    let frames = 0
    for (const { type, fin, payload } of rows) {
      if (fin !== '') frames++
      if (type === 'gap') frames += Number(payload.split(' ')[0].replaceAll(',', ''))
    }
    return frames
  }
})
