// What users' code sees of the declarations, compiled by each TypeScript that they may have.

import {
  Connection,
  type ConnectionOptions,
  Data,
  Information,
  initialise,
  Message,
  RemoteProtocolError,
} from 'noio-ws'
import {
  acceptUpgrade,
  type HandshakeError,
  parseExtensions,
  RequestHeadReader,
  requestUpgrade,
  type UpgradeRefusal,
} from 'noio-ws/handshake'

const options = { opcodeControlMod: { compare: 11 }, delivery: 'message' } satisfies ConnectionOptions
const connection = new Connection('CLIENT', options)
/** The buffer is the caller's own, so not a shared one. */
export const owned: Uint8Array<ArrayBuffer> = connection.send(new Data('', 'compare'))
export const parts: readonly Uint8Array[] = connection.sendParts(new Data('', 'text'))

export const end: number = connection.sendInto(new Data('', 'text'), new Uint8Array(20), 4)

connection.recv(new Uint8Array(2))
for (const message of connection.messages()) connection.send(message.response() ?? new Data(message.text(), 'text'))
const event = connection.nextEvent()
if (event instanceof Message) event.time.getTime()
export const idle: boolean = event === Information.NEED_DATA

// @ts-expect-error: not a registered type.
connection.send(new Data('', 'latin1'))

export const ready: (module: never) => void = initialise
export const code = (error: unknown): number => (error instanceof RemoteProtocolError ? error.closeCode : 0)

export function accept(bytes: Uint8Array): Connection | UpgradeRefusal | undefined {
  const result = new RequestHeadReader({ maxHeaders: 64 }).push(bytes)
  if (result.state !== 'DONE') return undefined
  const answer = acceptUpgrade(result.head, { subprotocols: ['chat'], origin: ['https://example.com', undefined] })
  if (!answer.ok) return answer
  const server = new Connection('SERVER', { ...answer.connectionOptions, delivery: 'message' })
  server.recv(result.rest)
  return server
}

const request = requestUpgrade('wss://example.com/chat', { headers: { Cookie: 'a=b' } })
export const toSend: Uint8Array<ArrayBuffer> = request.requestBytes
const verified = request.verify({ status: 101, headers: new Map([['Upgrade', 'websocket']]) })
export const failure: HandshakeError | undefined = verified.ok ? undefined : verified.error
export const remote: RemoteProtocolError | undefined = failure
export const parameters = parseExtensions('permessage-deflate')[0]?.parameters.get('client_max_window_bits')
