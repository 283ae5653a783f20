// The types of the public API, as a program uses them: compiled by `npm run test:types`, never run.
// A line under @ts-expect-error must not compile; if it does, the compiler says so.

import {
  Connection,
  type ConnectionOptions,
  Data,
  type Extension,
  ExtensionError,
  type ExtensionNegotiator,
  type ExtensionParameters,
  Information,
  Message,
} from '../../bindings/index.js'

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

const end = custom.sendInto(new Data('', 'latin-1'), new Uint8Array(9))
same<Same<typeof end, number>>()
plain.sendInto(new Data('', 'text'), new Uint8Array(9), 2)
// @ts-expect-error a typing mistake in a name, the same for sendInto
plain.sendInto(new Data('', 'txt'), new Uint8Array(9))
// @ts-expect-error one frame, not a list
plain.sendInto([new Data('', 'text')], new Uint8Array(9))
// @ts-expect-error the target is a view
plain.sendInto(new Data('', 'text'), new ArrayBuffer(9))
// @ts-expect-error where to write to
plain.sendInto(new Data('', 'text'))

class Rotation implements Extension {
  readonly name = 'x-rotation'
  readonly reserved = [0, 1, 0] as const
  encodes(type: string, size: number, fin: boolean): boolean {
    return type === 'text' && size > 0 && fin
  }
  encode(payload: Uint8Array): Uint8Array {
    return payload
  }
  decode(payload: Uint8Array, _fin: boolean, budget: number): Uint8Array {
    if (payload.length > budget) throw new ExtensionError('too much', 1009)
    return payload
  }
}

const rotation: ExtensionNegotiator = {
  name: 'x-rotation',
  offers: () => [new Map([['by', ['13', true]]])],
  accepted: (parameters: ExtensionParameters) => {
    same<Same<ReturnType<typeof parameters.get>, readonly (string | true)[] | undefined>>()
    return new Rotation()
  },
  accept: (offer) => (offer.has('by') ? { parameters: offer, extension: new Rotation() } : undefined),
}

// Extensions leave the names that a connection registers as they are; a list of them may be read-only.
const negotiated: readonly Extension[] = [new Rotation(), rotation.accepted(new Map())]
const extended = new Connection('SERVER', { opcodeNonControlMod: { utf16: 4 }, extensions: negotiated })
same<Same<typeof extended, Connection<'utf16', never>>>()
same<Same<ConnectionOptions['extensions'], readonly Extension[] | undefined>>()
new Connection('SERVER', { extensions: undefined })
// @ts-expect-error a list, also of one
new Connection('SERVER', { extensions: new Rotation() })
// @ts-expect-error what agrees on an extension is none
new Connection('SERVER', { extensions: [rotation] })
// @ts-expect-error a bit is 0 or 1
const wrongBits: Extension['reserved'] = [0, 2, 0]
// @ts-expect-error text is not bytes
const wrongResult: Extension['encode'] = () => 'text'
// @ts-expect-error another close code
new ExtensionError('', 1002)
const { closeCode } = new ExtensionError('', 1007)
same<Same<typeof closeCode, 1007 | 1009>>()
// @ts-expect-error an offer that was accepted has an extension
const wrongAnswer: ReturnType<ExtensionNegotiator['accept']> = { parameters: new Map() }

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

export { Information, plainEvent, wrongAnswer, wrongBits, wrongResult }
