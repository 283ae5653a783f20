// The Autobahn client endpoints, against a server like the suite's that is made of ws and writes the table's bytes.

import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { casesFor, ended, FORMS, type Form, replies, start } from '../support/autobahn-endpoints.js'
import { bytes, type Case, close, text, wire } from './case.js'
import { stream } from './stream.js'

const NAMES: Readonly<Record<number, string>> = { 1: 'text', 2: 'binary', 10: 'pong' }

let cleanUp: (() => void)[] = []

afterEach(() => {
  for (const action of cleanUp) action()
  cleanUp = []
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** What ws saw of the client while one case was run. */
interface Visit {
  readonly replies: { readonly type: string; readonly payload: Uint8Array }[]
  closeCode?: number
  clientEndedFirst: boolean
}

/** Serves `cases` as the suite does; the visits it gets are in `visits`, in the order of the cases. */
async function serve(cases: readonly Case[]) {
  const visits: Visit[] = []
  const paths: string[] = []
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (ws, request) => {
    const url = new URL(request.url ?? '', 'ws://localhost')
    if (url.pathname !== '/runCase') {
      paths.push(request.url ?? '')
      if (url.pathname === '/getCaseCount') ws.send(String(cases.length))
      ws.close(1000)
      return
    }
    if (url.searchParams.get('agent') !== 'an agent') throw new Error(`runCase of ${url.search}`)
    const visit: Visit = { replies: [], clientEndedFirst: false }
    visits[Number(url.searchParams.get('case')) - 1] = visit
    ws.on('message', (data, isBinary) => {
      visit.replies.push({ type: isBinary ? 'binary' : 'text', payload: data as Buffer })
    })
    ws.on('pong', (payload) => visit.replies.push({ type: 'pong', payload }))
    ws.on('close', (code) => {
      visit.closeCode = code
    })
    request.socket.on('end', () => {
      visit.clientEndedFirst = !request.socket.writableEnded
    })
    const one = ended(cases[Number(url.searchParams.get('case')) - 1])
    request.socket.write(stream(one, 'CLIENT').bytes)
  })
  return { port: await listen(server), visits, paths }
}

async function run(port: number, { args }: Form): Promise<string> {
  const client: ChildProcess = start('client.js', '--url', `ws://127.0.0.1:${port}`, '--agent', 'an agent', ...args)
  cleanUp.push(() => client.kill())
  let printed = ''
  client.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  const [status] = await once(client, 'exit')
  return `${printed.trim()}, status ${status}`
}

function mismatch(one: Case, visit: Visit | undefined, form: Form): string | undefined {
  if (visit === undefined) return 'not visited'
  const want = replies(ended(one), form).filter(({ opcode }) => opcode !== 8)
  for (let i = 0; i < Math.max(want.length, visit.replies.length); i++) {
    const got = visit.replies[i]
    const same =
      want[i] !== undefined &&
      NAMES[want[i].opcode] === got?.type &&
      Buffer.compare(want[i].payload, got?.payload ?? new Uint8Array(0)) === 0
    if (!same) return `reply ${i} of ${want.length} is ${got?.type} of ${got?.payload.length} bytes`
  }
  const last = ended(one).frames.find(({ opcode }) => opcode === 8)
  const sent = last === undefined ? undefined : last.payload.length < 2 ? 1005 : last.payload[0] * 256 + last.payload[1]
  const code = one.violation?.closeCode ?? sent
  if (visit.closeCode !== code) return `close code ${visit.closeCode}, expected ${code}`
  return visit.clientEndedFirst ? 'the client ended TCP before the server' : undefined
}

describe.each(FORMS)('the client endpoint of $form', (form) => {
  it('runs every case of the table, and leaves it to the server to end TCP', async () => {
    const cases = casesFor('CLIENT')
    expect(cases.length).toBeGreaterThan(900)
    const { port, visits, paths } = await serve(cases)
    expect(await run(port, form)).toBe(`${cases.length} cases run, status 0`)
    const failures = cases.flatMap((one, i) => {
      const wrong = mismatch(one, visits[i], form)
      return wrong === undefined ? [] : [`${one.autobahn} ${one.name}: ${wrong}`]
    })
    expect(failures).toEqual([])
    expect(paths).toEqual(['/getCaseCount', '/updateReports?agent=an%20agent'])
  })

  it.each([
    ['ends with a server that takes its time to end TCP', true],
    ['gives up on a server that never ends TCP', false],
  ])('%s', async (_, ends) => {
    let clientEndedFirst = false
    const server = createServer()
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
      socket.write(bytes(wire(text('0'), 'CLIENT', []), wire(close(1000), 'CLIENT', [])))
      cleanUp.push(() => socket.destroy())
      socket.on('error', () => {})
      socket.on('end', () => {
        clientEndedFirst ||= !socket.writableEnded
      })
      // What arrives is the answer to the close frame.
      socket.once('data', async () => {
        if (!ends) return
        // Far less than the client waits.
        await sleep(50)
        socket.end()
      })
    })
    expect(await run(await listen(server), form)).toBe('0 cases run, status 0')
    expect(clientEndedFirst).toBe(form.endsAtOnce || !ends)
  })
})
