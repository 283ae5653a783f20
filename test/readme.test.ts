// The README is true: its programs run as they stand there, and its tables name every error code and option there is.
// Knows the README's text and the built package.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOCAL_CODES, REMOTE_CODES } from '../bindings/errors.js'
import { output, Page, root } from './programs.js'

const page = new Page('README.md')
const readme = page.text

beforeAll(() => page.write())

describe('the programs of the README', () => {
  let server: ChildProcess
  let port: string

  beforeAll(async () => {
    server = page.run('server.js', '0')
    const [line] = await once(server.stdout as NonNullable<ChildProcess['stdout']>, 'data')
    port = String(line).match(/^port (\d+)\n$/)?.[1] ?? ''
  })

  afterAll(() => {
    server.kill()
  })

  it('client and server speak to each other and close', async () => {
    expect(await output(page.run('client.js', port))).toBe('hello\nclosed with 1000\n')
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
    expect(await output(page.run('opcodes.js'))).toBe(
      'latin-1 [ 1, 0, 0 ] Uint8Array(1) [ 233 ]\ncompare [ 0, 0, 0 ] Uint8Array(0) []\n',
    )
  })

  it('every block of JavaScript is one of these programs', () => {
    expect(page.programs.map(({ name }) => name)).toEqual(['run.js', 'server.js', 'client.js', 'opcodes.js'])
    expect(page.blocks).toBe(page.programs.length)
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
