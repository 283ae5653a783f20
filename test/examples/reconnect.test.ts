// examples/reconnect: it comes back after each kind of loss, with more patience each time, and stays away where it must.
// With noio-ws/ws as its WebSocket, and a server of ws.

import { afterEach, expect, it } from 'vitest'
import type { WebSocket as Peer } from 'ws'
import { WebSocket } from '../../bindings/ws/index.js'
import { type Handlers, type Options, Reconnecting } from '../../examples/reconnect/client.js'
import { scriptedServer } from '../support/scripted-server.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(...steps: Parameters<typeof scriptedServer>): Promise<string> {
  const server = await scriptedServer(...steps)
  closing.push(server.close)
  return server.url
}

function create(url: string): WebSocket {
  const socket = new WebSocket(url)
  socket.on('error', () => {})
  return socket
}

/** Runs until it stays away; returns what was lost, and how long each wait was. */
function ending(
  url: string,
  options: Options,
  handlers: Handlers = {},
): Promise<[code: number, next: number | undefined][]> {
  return new Promise((resolve) => {
    const losses: [number, number | undefined][] = []
    const lost = (code: number, next?: number) => {
      losses.push([code, next])
      if (next === undefined) resolve(losses)
    }
    new Reconnecting(url, { ...handlers, lost }, { create, ...options })
  })
}

it('comes back, and says again what the server must know', async () => {
  const heard: unknown[] = []
  const join = (peer: Peer, then: () => void) =>
    peer.on('message', (data) => {
      heard.push(String(data))
      then()
    })
  const url = await serve(
    (peer) => join(peer, () => peer.close(1012)),
    (peer) => join(peer, () => peer.terminate()),
    (peer) =>
      join(peer, () => {
        peer.send('welcome')
        peer.send(Uint8Array.of(1, 2))
        peer.close(4001)
      }),
  )
  const losses = await ending(
    url,
    { shortest: 1 },
    {
      open: (send) => expect(send('join')).toBe(true),
      message: (data) => heard.push(data),
    },
  )
  expect(losses.map(([code]) => code)).toEqual([1012, 1006, 4001])
  expect(heard).toEqual(['join', 'join', 'join', 'welcome', Uint8Array.of(1, 2).buffer])
})

it('waits longer each time, up to the longest, and never all of them the same time', async () => {
  const steps = Array.from({ length: 8 }, () => (peer: Peer) => peer.close(1011))
  const url = await serve(...steps, (peer) => peer.close(1000))
  const waits = (await ending(url, { shortest: 2, longest: 40 })).map(([, next]) => next)
  expect(waits.pop()).toBeUndefined()
  const longest = [2, 4, 8, 16, 32, 40, 40, 40]
  for (const [i, wait = 0] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(longest[i] / 2)
    expect(wait).toBeLessThanOrEqual(longest[i])
  }
  expect(new Set(waits.slice(-3)).size).toBe(3)
})

it('begins with the shortest wait again after a connection that lasted', async () => {
  const url = await serve(
    (peer) => peer.close(1011),
    (peer) => peer.close(1011),
    (peer) => peer.on('message', () => peer.close(1011)),
    (peer) => peer.close(1000),
  )
  let opened = 0
  const waits = await ending(
    url,
    { shortest: 8, stable: 0 },
    {
      // Behind the timer that says that it works.
      open: (send) => ++opened === 3 && setTimeout(() => send('enough'), 50),
    },
  )
  expect(waits[2][1]).toBeLessThanOrEqual(8)
})

it('stays away when it was closed, also while it waits; and sends nothing meanwhile', async () => {
  const url = await serve((peer) => peer.close(1011))
  const lost = await new Promise<[number, boolean]>((resolve) => {
    const client: Reconnecting = new Reconnecting(
      url,
      { lost: (code) => resolve([code, client.send('x')]) },
      { create },
    )
    closing.push(() => client.close())
  })
  expect(lost).toEqual([1011, false])

  const closed = await new Promise<[number, number | undefined]>((resolve) => {
    const client: Reconnecting = new Reconnecting(
      url,
      { open: () => client.close(3000), lost: (code, next) => resolve([code, next]) },
      { create },
    )
  })
  expect(closed).toEqual([3000, undefined])
})
