// @ts-check
// Drives the page with the keyboard, in light and dark, narrow and wide: everything is reachable and readable.
// Knows the page's layout; frames are inspector.test.js.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cutOff, lowContrastTexts, rowsOf, startBrowser, startServer, textOf } from './harness.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page

beforeAll(async () => {
  server = await startServer()
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
  page.setDefaultTimeout(10_000)
  await page.goto(server.url)
  await page.locator('#state[data-state=open]').waitFor()
})
afterEach(() => page.close())

const texts = async () => (await rowsOf(page)).filter(({ type }) => type === 'text').length
const focused = () => page.evaluate(() => document.activeElement?.id ?? '')
const selected = () => page.locator('#rows [aria-selected=true]').getAttribute('id')

describe('the keyboard', () => {
  test('single keys press buttons, but not while someone writes', async () => {
    await page.keyboard.press('t')
    await expect.poll(texts).toBe(1)
    await page.focus('[data-action=text] input')
    await page.keyboard.type('t')
    await page.focus('#grid')
    await page.keyboard.press('Control+s')
    await page.keyboard.press('s')
    await expect.poll(texts).toBe(2)
    await page.uncheck('#keys')
    await page.keyboard.press('t')
    await page.waitForTimeout(300)
    expect(await texts()).toBe(2)
  })

  test('arrows go through the list, Enter to the details, Escape back', async () => {
    for (const key of ['t', 'b', 'p', 's']) await page.keyboard.press(key)
    await expect.poll(async () => (await rowsOf(page)).length).toBe(8)
    await page.keyboard.press('g')
    expect(await focused()).toBe('grid')
    await page.keyboard.press('End')
    const last = await selected()
    await page.keyboard.press('ArrowUp')
    const before = await selected()
    expect(before).not.toBe(last)
    expect(await page.getAttribute('#grid', 'aria-activedescendant')).toBe(before)
    await page.keyboard.press('ArrowDown')
    expect(await selected()).toBe(last)
    await page.keyboard.press('Home')
    expect(await textOf(page, '#details')).toContain('open')
    await page.keyboard.press('ArrowUp')
    expect(await selected()).toBe(await page.locator('#rows tr').first().getAttribute('id'))
    await page.keyboard.press('Enter')
    expect(await focused()).toBe('details')
    await page.keyboard.press('Escape')
    expect(await focused()).toBe('grid')
    await page.keyboard.press('Escape')
    expect(await page.locator('#rows [aria-selected=true]').count()).toBe(0)
  })

  test('a dialog lists every key', async () => {
    await page.keyboard.press('?')
    const dialog = page.locator('dialog[open]')
    const keys = await page.locator('button[data-key]').count()
    // In addition to the buttons': filter, list, and the five lines for the list's own keys.
    expect(await dialog.locator('dl div').count()).toBe(keys + 2 + 5)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  test('every control can be reached with Tab and shows the focus', async () => {
    const reached = new Set()
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      const found = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return undefined
        // The grid's ring is around its box, the ring of a hidden radio around its label.
        const ring = element.id === 'grid' ? getComputedStyle(element.closest('main') ?? element, '::after') : undefined
        const shown = element.matches('[type=radio]') ? element.nextElementSibling : element
        const style = ring ?? getComputedStyle(shown ?? element)
        const name = element.getAttribute('data-key') ?? element.getAttribute('name') ?? element.id
        return { name, ring: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2 }
      })
      if (found === undefined) continue
      expect(found).toEqual({ name: found.name, ring: true })
      reached.add(found.name)
    }
    const buttons = await page
      .locator('button[data-key]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-key')))
    expect([...reached]).toEqual(expect.arrayContaining([...buttons, 'grid', 'details', 'filter', 'direction', 'keys']))
  })
})

describe('the list', () => {
  test('filters by text, direction and type', async () => {
    for (const key of ['t', 'b', 'p']) await page.keyboard.press(key)
    await expect.poll(async () => (await rowsOf(page)).length).toBe(6)
    const types = async () => (await rowsOf(page)).map(({ type }) => type)
    await page.keyboard.press('/')
    expect(await focused()).toBe('filter')
    await page.keyboard.type('HELLO')
    expect(await types()).toEqual(['text'])
    expect(await textOf(page, '#count')).toBe('1 of 6 rows')
    await page.fill('#filter', '')
    await page.locator('.segments label', { hasText: 'out' }).click()
    expect(await types()).toEqual(['ping'])
    await page.locator('.segments label', { hasText: 'All' }).click()
    await page.selectOption('#type', 'control')
    expect(await types()).toEqual(['ping', 'pong'])
    await page.selectOption('#type', 'all')
    await page.keyboard.press('Escape')
    await page.click('#clear')
    expect(await types()).toEqual([])
    expect(await page.locator('#empty').isVisible()).toBe(true)
  })

  test('pauses, and catches up', async () => {
    await page.keyboard.press('Space')
    expect(await page.getAttribute('#pause', 'aria-pressed')).toBe('true')
    await page.keyboard.press('t')
    await expect.poll(() => textOf(page, '#count')).toMatch(/^paused, \d+ waiting/)
    expect(await texts()).toBe(0)
    await page.keyboard.press('Space')
    await expect.poll(texts).toBe(1)
  })

  test('follows its end until someone looks back', async () => {
    await page.selectOption('[name=count]', '12')
    for (let i = 0; i < 5; i++) await page.keyboard.press('f')
    const distance = () =>
      page.locator('#list').evaluate((list) => Math.round(list.scrollHeight - list.scrollTop - list.clientHeight))
    await expect.poll(async () => (await rowsOf(page)).length).toBeGreaterThanOrEqual(67)
    await expect.poll(distance).toBeLessThan(8)
    await page.mouse.move(800, 300)
    await page.mouse.wheel(0, -400)
    await expect.poll(() => page.getAttribute('#follow', 'aria-pressed')).toBe('false')
    const top = await page.locator('#list').evaluate((list) => list.scrollTop)
    await page.keyboard.press('t')
    await expect.poll(texts).toBeGreaterThan(5)
    expect(await page.locator('#list').evaluate((list) => list.scrollTop)).toBe(top)
    await page.keyboard.press('e')
    await expect.poll(distance).toBeLessThan(8)
  })
})

describe('looks', () => {
  test.each(/** @type {const} */ (['light', 'dark']))(
    '%s: every text has the contrast of WCAG AA',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const [red] = await page.evaluate(() =>
        (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number),
      )
      expect(colorScheme === 'dark' ? red < 60 : red > 200).toBe(true)
      for (const key of ['t', 'b', 'p', 'f', 'v']) await page.keyboard.press(key)
      await page.fill('#close-code', '1006')
      await page.click('#close-server')
      await page.click('[data-key=r]')
      await page.locator('#state[data-state=waiting]').waitFor()
      await page.locator('#rows tr.error').first().click()
      expect(await lowContrastTexts(page)).toEqual([])
      await page.click('#help')
      expect(await lowContrastTexts(page)).toEqual([])
    },
  )

  test.each([1400, 1180, 1000, 800])('nothing is cut off in a window %i wide', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    for (const key of ['t', 'm']) await page.keyboard.press(key)
    await page.locator('#burst-count[data-state=done]').waitFor({ timeout: 25_000 })
    // The longest word of the state.
    await page.keyboard.press('o')
    await page.locator('#state[data-state=waiting]').waitFor()
    expect(await cutOff(page)).toEqual([])
  })

  test('nothing moves when the connection closes and opens', async () => {
    const places = () =>
      page.evaluate(() =>
        Array.from(document.querySelectorAll('button, .state, .url, .meter, .list'), (element) => {
          const { x, y, width, height } = element.getBoundingClientRect()
          return [x, y, width, height]
        }),
      )
    const open = await places()
    await page.keyboard.press('o')
    await page.locator('#state[data-state=waiting]').waitFor()
    expect(await places()).toEqual(open)
    await page.locator('#state[data-state=open]').waitFor()
    await page.keyboard.press('d')
    await page.locator('#agreed', { hasText: 'permessage-deflate' }).waitFor()
    expect(await places()).toEqual(open)
    await page.keyboard.press('c')
    await page.locator('#state[data-state=closed]').waitFor()
    expect(await places()).toEqual(open)
  })
})
