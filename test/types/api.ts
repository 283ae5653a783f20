// The types of the public API, as a program uses them: compiled by `npm run test:types`, never run.
// A line under @ts-expect-error must not compile; if it does, the compiler says so.

import { Connection, Data, Information, Message } from '../../bindings/index.js'

/** Compiles only where A and B are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<_ extends true>(): void {}

const plain = new Connection('SERVER')
const custom = new Connection('CLIENT', {
  opcodeNonControlMod: { 'latin-1': 3, utf16: 4 },
  opcodeControlMod: { compare: 11 },
})

custom.send(new Data('', 'latin-1'), new Data('', 'utf16'), new Data('', 'compare'), new Data('', 'text'))
custom.sendParts(new Data('', 'latin-1'))
// @ts-expect-error a typing mistake in a registered name
custom.send(new Data('', 'latin1'))
// @ts-expect-error another connection's name
plain.send(new Data('', 'latin-1'))
// @ts-expect-error a typing mistake in a name of the RFC
plain.send(new Data('', 'txt'))
// @ts-expect-error the same for sendParts
plain.sendParts(new Data('', 'txt'))
// @ts-expect-error and for sendInto
plain.sendInto(new Data('', 'txt'), new Uint8Array(9))
// @ts-expect-error a target is a Uint8Array
plain.sendInto(new Data('', 'text'), new ArrayBuffer(9))
const end = custom.sendInto(new Data('', 'latin-1'), new Uint8Array(9), 2)
same<Same<typeof end, number>>()

type BuiltIn = 'text' | 'binary' | 'continue' | 'close' | 'ping' | 'pong'
const plainEvent = plain.nextEvent()
same<Same<typeof plainEvent, Message<BuiltIn> | Information>>()
const customEvent = custom.nextEvent()
same<Same<typeof customEvent, Message<BuiltIn | 'latin-1' | 'utf16' | 'compare'> | Information>>()

// What is not a message can be told apart by its value or by its class.
if (plainEvent !== Information.NEED_DATA && plainEvent !== Information.SEND_CLOSE) {
  if (plainEvent !== Information.CONNECTION_CLOSED) same<Same<typeof plainEvent, Message<BuiltIn>>>()
}
if (plainEvent instanceof Message) plainEvent.message.byteLength

for (const message of custom.messages()) {
  if (message.type === 'compare') same<Same<typeof message.type, 'compare'>>()
  const reply = message.response()
  if (reply !== undefined) custom.send(reply)
  const reserved: [0 | 1, 0 | 1, 0 | 1] = message.reserved
  // @ts-expect-error readonly
  message.type = 'text'
  reserved.length
}

// A function that takes any connection, whatever it has registered.
function anyConnection(connection: Connection<string, string>): void {
  connection.recv(new ArrayBuffer(1))
}
anyConnection(plain)
anyConnection(custom)

const sent = custom.send(new Data('', 'text'))
same<Same<typeof sent, Uint8Array<ArrayBuffer>>>()
const parts = custom.sendParts(new Data('', 'text'))
same<Same<typeof parts, readonly Uint8Array[]>>()
// @ts-expect-error the list is read-only
parts.push(sent)

// @ts-expect-error not a role
new Connection('server')
// @ts-expect-error not a delivery
new Connection('SERVER', { delivery: 'stream' })
// @ts-expect-error a bit is 0 or 1
new Data('', 'text', { rsv1: 2 })
// @ts-expect-error not bytes
new Data([1, 2], 'binary')
// @ts-expect-error a payload is a Uint8Array
new Message('text', 'text', [0, 0, 0])

const data = new Data('', 'latin-1', { fin: false })
same<Same<typeof data.type, 'latin-1'>>()
// @ts-expect-error immutable
data.fin = true

export { Information, plainEvent }
