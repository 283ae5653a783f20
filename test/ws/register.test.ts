// How programs come to noio-ws/ws: by import, by require, and by `--import noio-ws/ws/register` for a whole program.
// Runs the built package, in a folder whose dependencies ask for ws themselves.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const folder = new URL('build/register/', root)

function file(name: string, text: string): void {
  const url = new URL(name, folder)
  mkdirSync(new URL('.', url), { recursive: true })
  writeFileSync(url, text)
}

beforeAll(() => {
  file('node_modules/by-require/package.json', '{ "name": "by-require", "main": "main.cjs" }')
  file('node_modules/by-require/main.cjs', "module.exports = require('ws')")
  file('node_modules/by-import/package.json', '{ "name": "by-import", "type": "module", "main": "main.js" }')
  file('node_modules/by-import/main.js', "export * from 'ws'\nexport { default } from 'ws'")
  const link = new URL('node_modules/noio-ws', folder)
  if (!existsSync(link)) symlinkSync(fileURLToPath(root), link)
  file(
    'all.mjs',
    `import { createRequire } from 'node:module'
    import byImport, { WebSocketServer } from 'by-import'
    import byRequire from 'by-require'
    import ours, { Server } from 'noio-ws/ws'
    import ws, { createWebSocketStream, WebSocket } from 'ws'
    const require = createRequire(import.meta.url)
    const all = [ws, WebSocket, byImport, byRequire, require('ws'), require('by-require'), require('noio-ws/ws')]
    const isStream = createWebSocketStream === ours.createWebSocketStream
    console.log(all.every((one) => one === ours), WebSocketServer === Server && Server === ours.Server, isStream)`,
  )
  file(
    'all.cjs',
    `const ws = require('ws')
    const ours = require('noio-ws/ws')
    const server = new ws.Server({ noServer: true })
    console.log(ws === ours && ws === require('by-require'), server instanceof ours.WebSocketServer, ws.OPEN === 1)`,
  )
})

function run(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
}

describe('noio-ws/ws', () => {
  it('is in the place of ws for a whole program', () => {
    expect(run('--import', 'noio-ws/ws/register', 'all.mjs')).toBe('true true true\n')
    expect(run('--import', 'noio-ws/ws/register', 'all.cjs')).toBe('true true true\n')
  })

  it('is the class itself where it is required', () => {
    const program =
      "const WebSocket = require('noio-ws/ws'); console.log(WebSocket.name, typeof WebSocket.WebSocketServer)"
    expect(run('-e', program)).toBe('WebSocket function\n')
  })

  it.each(['server', 'client'])(
    'keeps no program going once the %s has closed and all is over',
    (closer) => {
      file(
        'ends.mjs',
        `import { WebSocket, WebSocketServer } from 'noio-ws/ws'
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', heartbeat: true }, () => {
        const client = new WebSocket('ws://127.0.0.1:' + server.address().port)
        client.on('close', (code) => {
          console.log(code)
          server.close()
        })
        if ('${closer}' === 'client') client.on('open', () => client.close(4000))
      })
      server.on('connection', (webSocket) => {
        if ('${closer}' === 'server') webSocket.close(4000)
      })`,
      )
      // Shorter than the 30 s for which a close frame is waited for.
      expect(execFileSync(process.execPath, ['ends.mjs'], { cwd: folder, encoding: 'utf8', timeout: 20_000 })).toBe(
        '4000\n',
      )
    },
    30_000,
  )
})
