// The README is true: its programs run as they stand there, and its tables name every error code and option there is.
// Knows the README's text and the built package.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOCAL_CODES, REMOTE_CODES } from '../bindings/errors.js'

const root = new URL('../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')
// Inside the package, where Node resolves 'noio-ws' to the package itself.
const folder = new URL('build/readme/', root)

function run(file: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL(file, folder)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  })
}

async function output(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (data) => {
    text += data
  })
  child.stderr?.on('data', (data) => {
    text += data
  })
  await once(child, 'close')
  return text
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const [, name, code] of readme.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)) {
    writeFileSync(new URL(name, folder), code)
  }
})

describe('the programs of the README', () => {
  let server: ChildProcess
  let port: string

  beforeAll(async () => {
    server = run('server.js', '0')
    const [line] = await once(server.stdout as NonNullable<ChildProcess['stdout']>, 'data')
    port = String(line).match(/^port (\d+)\n$/)?.[1] ?? ''
  })

  afterAll(() => {
    server.kill()
  })

  it('client and server speak to each other and close', async () => {
    expect(await output(run('client.js', port))).toBe('hello\nclosed with 1000\n')
  })

  it('the server speaks to the WebSocket of ws, and answers a violation', async () => {
    const { WebSocket } = await import('ws')
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    await once(socket, 'open')
    socket.send('échö')
    const [data, isBinary] = await once(socket, 'message')
    expect([String(data), isBinary]).toEqual(['échö', false])
    // A frame that is not masked, behind ws's back.
    const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket
    raw.write(Uint8Array.of(0x81, 0))
    const [code, reason] = await once(socket, 'close')
    expect([code, String(reason)]).toEqual([1002, 'frame from a client is not masked'])
  })

  it('custom opcodes and reserved bits are as it says', async () => {
    expect(await output(run('opcodes.js'))).toBe(
      'latin-1 [ 1, 0, 0 ] Uint8Array(1) [ 233 ]\ncompare [ 0, 0, 0 ] Uint8Array(0) []\n',
    )
  })

  it('every block of JavaScript is one of these programs', () => {
    expect(readme.match(/```js/g)).toHaveLength([...readme.matchAll(/```js\n\/\/ (\S+\.js)\n/g)].length)
  })
})

describe('the tables of the README', () => {
  it('have a row for every error code, with its close code and section', () => {
    for (const { code, closeCode, section } of REMOTE_CODES) {
      expect(readme).toContain(`| \`${code}\` | ${closeCode} | ${section} |`)
    }
    for (const [code, section] of LOCAL_CODES) expect(readme).toContain(`| \`${code}\` | ${section} |`)
    expect(readme.match(/^\| `ERR_/gm)).toHaveLength(REMOTE_CODES.length + LOCAL_CODES.length)
  })

  it('have a row for every option', () => {
    const settings = readFileSync(new URL('bindings/settings.ts', root), 'utf8')
    const options =
      settings.match(/export interface ConnectionOptions[\s\S]*?\n}/)?.[0].matchAll(/^ {2}(\w+)\?:/gm) ?? []
    const names = Array.from(options, ([, name]) => name)
    expect(names.length).toBeGreaterThan(9)
    for (const name of names) expect(readme).toContain(`| \`${name}\` |`)
  })
})
