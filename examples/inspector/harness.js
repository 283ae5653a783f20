// @ts-check
// What the tests of the inspector share: the server as a child process, a browser, and the list of the page as data.
// Knows the page's markup; no expectation.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

/** @import { Page } from 'playwright-core' */

const SERVER = fileURLToPath(new URL('server.js', import.meta.url))
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = ['no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking']
FLAGS.push('disable-component-update', 'disable-sync')
const TIME_LIMIT = 10_000

/** Runs the server until it ends, or is ended. @param {...string} args */
export function runServer(...args) {
  const child = spawn(process.execPath, [SERVER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.err += text
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 600_000)
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.on('close', resolve))
  void ended.then(() => clearTimeout(limit))
  return { child, output, ended }
}

/** Starts a server on a free port. */
export async function startServer() {
  const server = runServer('--port', '0')
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the server did not say its address in time')), TIME_LIMIT)
    server.child.stdout.on('data', () => {
      const found = /http:\S+/.exec(server.output.out)
      if (found === null) return
      clearTimeout(limit)
      resolve(found[0])
    })
    void server.ended.then((code) => reject(new Error(`the server ended with ${code}: ${server.output.err}`)))
  })
  /** Ends it as a user would; returns the exit code. */
  const stop = async () => {
    const hard = setTimeout(() => server.child.kill('SIGKILL'), 3000)
    server.child.kill('SIGTERM')
    const code = await server.ended
    clearTimeout(hard)
    return code
  }
  return { ...server, url, port: Number(new URL(url).port), stop }
}

export async function startBrowser() {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no Chromium at ${CHROMIUM}: install it, or set CHROMIUM to where it is.`)
  }
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS.map((flag) => `--${flag}`), timeout: TIME_LIMIT })
}

/**
 * The list of the page as it is shown.
 * @param {Page} page
 */
export function rowsOf(page) {
  return page.locator('#rows tr:not([hidden])').evaluateAll((rows) =>
    rows.map((row) => {
      const cell = (/** @type {string} */ name) => row.querySelector(`.${name}`)?.textContent?.trim() ?? ''
      return {
        peer: cell('peer'),
        direction: cell('direction'),
        type: cell('type'),
        fin: cell('fin'),
        rsv: cell('rsv'),
        length: cell('number'),
        payload: cell('payload'),
      }
    }),
  )
}

/** @param {Page} page @param {string} selector */
export async function textOf(page, selector) {
  return (await page.textContent(selector)) ?? ''
}

/**
 * Every visible text whose contrast to what is behind it is under the 4.5 of WCAG AA.
 * @param {Page} page
 */
export function lowContrastTexts(page) {
  return page.evaluate(() => {
    /** @param {string} color */
    const parse = (color) => {
      const [red, green, blue, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number)
      return { rgb: [red, green, blue], alpha }
    }
    /** @param {number[]} rgb */
    const luminance = (rgb) => {
      const [red, green, blue] = rgb.map((byte) => {
        const value = byte / 255
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    /** @param {Element | null} element @returns {number[]} */
    const background = (element) => {
      if (element === null) return [255, 255, 255]
      const { rgb, alpha } = parse(getComputedStyle(element).backgroundColor)
      return alpha === 1 ? rgb : background(element.parentElement)
    }
    const low = []
    for (const element of document.body.querySelectorAll('*')) {
      const own = Array.from(element.childNodes).some(
        (node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim(),
      )
      if (!(own || element.matches('input, select')) || element.closest('option, datalist')) continue
      if (!element.checkVisibility()) continue
      const levels = [luminance(parse(getComputedStyle(element).color).rgb), luminance(background(element))]
      const ratio = (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05)
      if (ratio < 4.5) low.push(`${element.tagName} "${element.textContent?.trim().slice(0, 30)}" ${ratio.toFixed(2)}`)
    }
    return low
  })
}

/** What does not fit into its box. @param {Page} page */
export function cutOff(page) {
  return page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('.bar, .panel, .tools, .legend, #list, main')]
    const controls = document.querySelectorAll(
      'button, .check, .result, .state, .url, .meter output, .segments, .agreed, .packed output',
    )
    return [...boxes, ...controls]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => `${element.tagName} ${element.id || element.className || element.textContent}`)
  })
}
