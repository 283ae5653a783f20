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
