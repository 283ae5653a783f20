// The smoke program: what must hold wherever the package is loaded. Frames by hand, round trips in every delivery, a
// large masked message, a violation, many small frames. Knows the public API; no platform.

/** @typedef {typeof import('noio-ws')} Library */

/** @param {boolean} holds @param {string} what */
function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`)
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

/** @param {string} text */
const bytesOf = (text) => Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16))

/** Frames of RFC 6455 section 5.7, byte for byte. @param {Library} library */
function vectors({ Connection, Data }) {
  const key = { maskKey: () => 0x37fa213d }
  const hello = 'Hello'
  const masked = '81 85 37 fa 21 3d 7f 9f 4d 51 58'
  check(hex(new Connection('SERVER').send(new Data(hello, 'text'))) === '81 05 48 65 6c 6c 6f', 'unmasked text, sent')
  check(hex(new Connection('CLIENT', key).send(new Data(hello, 'text'))) === masked, 'masked text, sent')
  check(
    hex(new Connection('CLIENT', key).send(new Data(hello, 'pong'))) === masked.replace('81', '8a'),
    'masked pong, sent',
  )
  const server = new Connection('SERVER')
  server.recv(bytesOf(masked))
  check([...server.messages()].map((message) => message.text()).join() === hello, 'masked text, received')
  const client = new Connection('CLIENT', { delivery: 'message' })
  for (const byte of bytesOf('01 03 48 65 6c 89 05 48 65 6c 6c 6f 80 02 6c 6f')) client.recv(Uint8Array.of(byte))
  const [ping, text] = client.messages()
  check(ping.type === 'ping' && ping.text() === hello, 'ping between fragments')
  check(text.type === 'text' && text.text() === hello, 'fragments joined')
  check(hex(new Connection('SERVER').send(/** @type {any} */ (ping.response()))) === '8a 05 48 65 6c 6c 6f', 'the pong')
}

/** Both roles, every delivery and ownership, up to the end of the closing handshake. @param {Library} library */
function roundTrips({ Connection, Data, Information, Message }) {
  const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index * 7)
  for (const delivery of /** @type {const} */ (['frame', 'message', 'chunk'])) {
    for (const ownership of /** @type {const} */ (['copy', 'take'])) {
      const options = { delivery, ownership }
      const ends = { CLIENT: new Connection('CLIENT', options), SERVER: new Connection('SERVER', options) }
      for (const [from, to] of /** @type {const} */ ([
        ['CLIENT', 'SERVER'],
        ['SERVER', 'CLIENT'],
      ])) {
        const wire = ends[from].send(
          new Data('snow: ☃', 'text'),
          new Data(payload, 'binary', { fin: false, rsv1: 1 }),
          new Data('?', 'ping'),
          new Data('end', 'continue'),
        )
        const received = []
        for (let at = 0; at < wire.length; at += 9000) {
          ends[to].recv(wire.slice(at, at + 9000))
          received.push(...ends[to].messages())
        }
        const what = `${delivery}, ${ownership}, from ${from}`
        check(
          received.every((message) => message instanceof Message && message.time instanceof Date),
          `${what}: class`,
        )
        check(received[0].text() === 'snow: ☃', `${what}: text`)
        check(received.filter(({ type }) => type === 'ping').length === 1, `${what}: ping`)
        const data = received.slice(1).filter(({ type }) => type !== 'ping')
        check(data[0].type === 'binary' && data[0].reserved.join() === '1,0,0', `${what}: type and reserved bits`)
        const whole = [...payload, ...new TextEncoder().encode('end')]
        const bytes = data.flatMap(({ message }) => Array.from(message))
        check(bytes.length === whole.length && bytes.every((byte, at) => byte === whole[at]), `${what}: payload`)
        check(delivery === 'message' ? data.length === 1 : data.length >= 2, `${what}: pieces`)
      }
      ends.SERVER.recv(ends.CLIENT.send(new Data('bye', 'close', { statusCode: 1000 })))
      const close = ends.SERVER.nextEvent()
      check(close instanceof Message && close.statusCode === 1000 && close.reason === 'bye', 'close received')
      check(ends.SERVER.nextEvent() === Information.SEND_CLOSE, 'a close asked for')
      ends.CLIENT.recv(ends.SERVER.send(new Data('', 'close', { statusCode: 1000 })))
      check(ends.CLIENT.nextEvent() instanceof Message, 'close answered')
      check(ends.CLIENT.nextEvent() === Information.CONNECTION_CLOSED && ends.CLIENT.closeCode === 1000, 'closed')
    }
  }
}

/** @param {Library} library */
function large({ Connection, Data }) {
  const payload = Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 31) ^ (index >> 8))
  const wire = new Connection('CLIENT').send(new Data(payload, 'binary'))
  const server = new Connection('SERVER', { delivery: 'message' })
  server.recv(wire)
  const [{ message }] = server.messages()
  check(message.length === payload.length && message.every((byte, at) => byte === payload[at]), '1 MiB, masked')
}

/** @param {Library} library */
function violation({ Connection, Data, LocalProtocolError, RemoteProtocolError }) {
  const server = new Connection('SERVER')
  server.recv(bytesOf('81 80 00 00 00 00 81 00'))
  check([server.nextEvent()].length === 1, 'what came before a violation is given first')
  let error
  try {
    server.nextEvent()
  } catch (thrown) {
    error = thrown
  }
  check(error instanceof RemoteProtocolError && error.code === 'ERR_NOT_MASKED' && error.closeCode === 1002, 'refused')
  const close = server.send(/** @type {InstanceType<Library['RemoteProtocolError']>} */ (error).response())
  check(hex(close).startsWith('88') && hex(close).includes('03 ea') && server.state === 'CLOSED', 'answered by 1002')
  let local
  try {
    new Connection('SERVER').send(new Data('', 'continue'))
  } catch (thrown) {
    local = thrown
  }
  check(local instanceof LocalProtocolError, 'an illegal frame is not sent')
}

/** @param {Library} library */
function manyFrames({ Connection, Data }) {
  const client = new Connection('CLIENT')
  const server = new Connection('SERVER')
  const wire = client.send(...Array.from({ length: 10_000 }, (_, index) => new Data(`number ${index}`, 'text')))
  server.recv(wire)
  let count = 0
  for (const message of server.messages()) check(message.text() === `number ${count++}`, `small frame ${count}`)
  check(count === 10_000, 'ten thousand small frames')
}

const PARTS = [vectors, roundTrips, large, violation, manyFrames]

/** Throws where something does not hold; returns how many parts held. @param {Library} library */
export function smoke(library) {
  for (const part of PARTS) part(library)
  return PARTS.length
}
