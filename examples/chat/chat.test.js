// @ts-check
// The chat in a real browser, and beside it a client that is not one: what anybody says, everybody sees.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'noio-ws/ws'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** @type {import('node:child_process').ChildProcess} */
let server
/** @type {import('playwright-core').Browser} */
let browser
let url = ''

beforeAll(async () => {
  const program = fileURLToPath(new URL('server.js', import.meta.url))
  server = spawn(process.execPath, [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (server.stdout === null) throw new Error('the server has no output')
  const [line] = await once(server.stdout, 'data')
  url = String(line).match(/http:\S+/)?.[0] ?? ''
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  server?.kill()
})

it('everybody sees what anybody says', async () => {
  const [one, two] = await Promise.all([browser.newPage(), browser.newPage()])
  await one.goto(`${url}?name=Ada`)
  await one.getByText('1 here').waitFor()
  await two.goto(`${url}?name=Grace`)
  await one.getByText('2 here').waitFor()

  const third = new WebSocket(`${url.replace('http', 'ws')}chat?name=Edsger`)
  /** @type {{ name: string, said?: string, did?: string }[]} */
  const heard = []
  third.on('message', (data) => heard.push(JSON.parse(String(data))))
  await once(third, 'open')
  await one.getByText('3 here').waitFor()

  await two.getByLabel('What to say').fill('good morning — ☀')
  await two.getByRole('button').click()
  await one.getByText('good morning — ☀').waitFor()
  await two.getByText('good morning — ☀').waitFor()
  third.send('x'.repeat(1200))
  await one.getByText('x'.repeat(1200)).waitFor()
  expect(heard.map(({ name, said, did }) => [name, (said ?? did)?.slice(0, 12)])).toEqual([
    ['Edsger', 'joined'],
    ['Grace', 'good morning'],
    ['Edsger', 'xxxxxxxxxxxx'],
  ])

  third.close()
  await two.getByText('Edsgerleft').waitFor()
  // However much was said, the newest is in view, and nothing is wider than the page.
  for (let i = 0; i < 40; i++) {
    await two.getByLabel('What to say').fill(`message ${i}.`)
    await two.getByRole('button').click()
  }
  await one.getByText('message 39.').waitFor()
  expect(await one.getByText('message 39.').boundingBox()).toMatchObject({ y: expect.toSatisfy((y) => y < 700) })
  expect(await one.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  const exited = once(server, 'exit')
  server.kill('SIGTERM')
  await one.getByText('closed with 1001').waitFor()
  expect(await one.getByRole('button').isDisabled()).toBe(true)
  await exited
})
