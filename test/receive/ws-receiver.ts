// The Receiver of ws, which its types do not have: a stream in, its events in the form of the reference out.
// Knows ws and its names; nothing of the codec under test.

import * as ws from 'ws'
import type { Event } from '../support/receive-reference.js'

interface ReceiverOptions {
  readonly isServer: boolean
  /** Bytes of a message; 0 for no limit. */
  readonly maxPayload: number
  /** A limit of its own, which RFC 6455 does not have; 0 for none. */
  readonly maxFragments: number
  readonly maxBufferedChunks: number
}

interface Receiver {
  on(event: 'message', listener: (data: Uint8Array, isBinary: boolean) => void): void
  on(event: 'ping' | 'pong', listener: (data: Uint8Array) => void): void
  on(event: 'conclude', listener: (code: number, reason: Uint8Array) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  write(chunk: Uint8Array): boolean
  readonly errored: Error | null
}

const { Receiver } = ws as unknown as { Receiver: new (options: ReceiverOptions) => Receiver }

/** What ws makes of a stream. */
export interface WsOutcome {
  readonly events: readonly Pick<Event, 'type' | 'payload' | 'statusCode'>[]
  /** The error it stops with, and the close code that it would send. */
  readonly error: { readonly code: string; readonly closeCode: number } | undefined
}

/** Gives the chunks to a Receiver, up to its error or a close frame; the close code of an error is under a symbol. */
export function receiveByWs(chunks: Iterable<Uint8Array>, isServer: boolean, maxMessageSize: number): WsOutcome {
  const maxPayload = maxMessageSize === Number.POSITIVE_INFINITY ? 0 : maxMessageSize
  const receiver = new Receiver({ isServer, maxPayload, maxFragments: 0, maxBufferedChunks: 0 })
  const events: Pick<Event, 'type' | 'payload' | 'statusCode'>[] = []
  const add = (type: string, payload: Uint8Array, statusCode?: number) => events.push({ type, payload, statusCode })
  let concluded = false
  receiver.on('message', (data, isBinary) => add(isBinary ? 'binary' : 'text', data))
  receiver.on('ping', (data) => add('ping', data))
  receiver.on('pong', (data) => add('pong', data))
  receiver.on('conclude', (code, reason) => {
    concluded = true
    add('close', reason, code)
  })
  // Emitted a tick later; what it says is read from the stream itself.
  receiver.on('error', () => {})
  for (const chunk of chunks) {
    // ws unmasks in place.
    receiver.write(Uint8Array.from(chunk))
    if (concluded || receiver.errored) break
  }
  const { errored } = receiver
  if (!errored) return { events, error: undefined }
  const symbol = Object.getOwnPropertySymbols(errored).find(({ description }) => description === 'status-code')
  if (symbol === undefined) throw errored
  const closeCode = Reflect.get(errored, symbol) as number
  return { events, error: { code: (errored as NodeJS.ErrnoException).code ?? '', closeCode } }
}
