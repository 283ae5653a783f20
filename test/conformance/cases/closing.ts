// Chapter 7: close frames (RFC 6455 sections 5.5.1 and 7).

import { binary, type Case, type Chapter, close, cont, frame, hex, letters, more, ping, pong, text } from '../case.js'

const section = '5.5.1'
const normal = close(1000)

const basic: Case[] = [
  { name: 'a text, then a close', section, autobahn: '7.1.1', frames: [text('Hello World!'), normal] },
  { name: 'two closes', section, autobahn: '7.1.2', frames: [normal], ignored: [normal] },
  { name: 'a ping after the close', section, autobahn: '7.1.3', frames: [normal], ignored: [ping()] },
  { name: 'a text after the close', section, autobahn: '7.1.4', frames: [normal], ignored: [text('ignored')] },
  {
    name: 'a close between fragments',
    section,
    autobahn: '7.1.5',
    frames: [text('fragment1', more), normal],
    messages: [normal],
    ignored: [cont('fragment2')],
  },
  {
    name: '256 KiB, a close, a ping',
    section,
    autobahn: '7.1.6',
    frames: [text(letters(256 * 1024)), normal],
    ignored: [ping()],
  },
  {
    name: 'what would break every rule after the close',
    section,
    frames: [close(1001, 'going away')],
    ignored: [
      cont('nothing to continue'),
      frame(3, '', { rsv: 7 }),
      ping('', { fin: false }),
      text(hex('ff')),
      close(1005),
      binary('', { declared: 2n ** 64n - 1n }),
    ],
  },
  {
    name: 'a close inside a character of a fragmented text',
    section,
    frames: [text(hex('f0 a4'), more), pong(), close(4000, 'enough')],
    messages: [pong(), close(4000, 'enough')],
  },
]

const payloadLengths: Case[] = [
  { name: 'close without payload', section, autobahn: '7.3.1', frames: [close()] },
  {
    name: 'close with one byte',
    section,
    autobahn: '7.3.2',
    frames: [],
    violation: { frame: frame(8, 'a'), code: 'ERR_CLOSE_PAYLOAD_LENGTH', closeCode: 1002, failsAt: 1 },
  },
  { name: 'close with a status code', section, autobahn: '7.3.3', frames: [normal] },
  {
    name: 'close with a reason',
    section,
    autobahn: '7.3.4',
    frames: [close(1000, 'Hello World!')],
  },
  {
    name: 'close with a reason of 123 bytes',
    section,
    autobahn: '7.3.5',
    frames: [close(1000, '*'.repeat(123))],
  },
  {
    name: 'close with a reason of 122 bytes',
    section,
    frames: [close(1000, '*'.repeat(122))],
  },
  {
    name: 'close with a reason of 124 bytes',
    section: '5.5',
    autobahn: '7.3.6',
    frames: [],
    violation: { frame: close(1000, '*'.repeat(124)), code: 'ERR_CONTROL_FRAME_LENGTH', closeCode: 1002 },
  },
  {
    name: 'close with a reason that is not UTF-8',
    section,
    autobahn: '7.5.1',
    frames: [],
    violation: {
      frame: close(1000, hex('ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64')),
      code: 'ERR_CLOSE_REASON',
      closeCode: 1007,
      failsAt: 22,
    },
  },
  { name: 'close with a reason of several scripts', section, frames: [close(1000, 'aé€𤭢')] },
  {
    name: 'close whose reason ends inside a character',
    section,
    frames: [text('before')],
    violation: { frame: close(1000, hex('61 e2 82')), code: 'ERR_CLOSE_REASON', closeCode: 1007, failsAt: 5 },
  },
  {
    name: 'close with a forbidden code and a reason that is not UTF-8: the code counts',
    section: '7.4',
    frames: [],
    violation: { frame: close(1006, hex('ff')), code: 'ERR_CLOSE_CODE', closeCode: 1002, failsAt: 3 },
  },
]

/** Codes of section 7.4.1, codes that were registered later, and the ends of the ranges of section 7.4.2. */
const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const REGISTERED_LATER = [1012, 1013, 1014]
const INVALID = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
const INVALID_TOO = [1, 255, 256, 1015, 5001, 32768, 65535]

const valid = (code: number, i: number): Case => ({
  name: `close code ${code}`,
  section: '7.4',
  frames: [close(code)],
  ...(i < 0 ? {} : { autobahn: `7.7.${i + 1}` }),
})

const forbidden = (code: number, autobahn: string | undefined, reason = ''): Case => ({
  name: `close code ${code}${reason === '' ? '' : ' with a reason'}`,
  section: '7.4',
  frames: [],
  violation: { frame: close(code, reason), code: 'ERR_CLOSE_CODE', closeCode: 1002, failsAt: 2 + reason.length },
  ...(autobahn === undefined ? {} : { autobahn }),
})

const codes: Case[] = [
  ...VALID.map(valid),
  ...REGISTERED_LATER.map((code) => valid(code, -1)),
  ...INVALID.map((code, i) => forbidden(code, `7.9.${i + 1}`)),
  ...INVALID_TOO.map((code) => forbidden(code, undefined)),
  ...[1005, 1006, 1015].map((code) => forbidden(code, undefined, 'reserved')),
  // The suite reports these two without judging them: 5000 is in no range of section 7.4.2, and 65536 does not fit.
  forbidden(5000, '7.13.1'),
  { ...forbidden(65535, '7.13.2'), name: 'close code 65535, in place of 65536 which no frame can hold' },
]

export const closing: Chapter[] = [
  { title: '7.1 closing', cases: basic },
  { title: '7.3 and 7.5 close frames: payload', cases: payloadLengths },
  { title: '7.7, 7.9 and 7.13 close codes', cases: codes },
]
