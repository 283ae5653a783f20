// The rows of the benchmark: what is measured, with which codecs.
// Knows no codec but by name, and not how anything is measured.

import { CODEC_NAMES, type CodecName, type Form, type Role } from './codecs/codec.js'
import { type Content, TEXTS } from './streams.js'

export interface DecodeWork {
  readonly kind: 'decode'
  readonly masked: boolean
  readonly content: Content
  /** Text as JS strings rather than bytes. */
  readonly strings: boolean
  /** Payloads as they arrive, from codecs that can: they are not put together. */
  readonly pieces: boolean
  /** Whether the allocator keeps what is freed; see work/memory.ts. */
  readonly settled: boolean
  readonly size: number
  readonly fragments: number
  /** Bytes of a chunk, or one message per chunk, given to so many connections in turn. */
  readonly chunk: number | { readonly connections: number }
}

export interface EncodeWork {
  readonly kind: 'encode'
  readonly role: Role
  readonly strings: boolean
  readonly size: number
  readonly form: Form
  /** Whether what a codec makes of a payload before it is sent is there already. */
  readonly ready: boolean
}

/** Connections that each receive so many messages in turn, so many in each read, and keep the last one. */
export interface KeptWork {
  readonly kind: 'kept'
  readonly size: number
  readonly connections: number
  readonly messages: number
  readonly perRead: number
  /** Whether each read is answered with a frame of the same payload, of which the last is kept, too. */
  readonly sent: boolean
}

export type Work =
  | KeptWork
  | DecodeWork
  | EncodeWork
  | { readonly kind: 'broadcast'; readonly size: number; readonly connections: number }
  | { readonly kind: 'buffer'; readonly size: number; readonly isNew: boolean }
  | { readonly kind: 'idle' }
  | { readonly kind: 'start' }

export interface Row {
  readonly name: string
  /** What a measurement is: time per message, bytes of heap per connection, or time from import to first message. */
  readonly unit: 'ns' | 'B' | 'ms'
  readonly codecs: readonly CodecName[]
  /** Those whose ratio --quick prints. */
  readonly key: readonly CodecName[]
  readonly work: Work
}

const KIB = 1024
const MIB = 1024 * KIB
const CHUNK = 64 * KIB

const ALL = CODEC_NAMES
/** The addon of ws only masks. */
const ALL_UNMASKED = CODEC_NAMES.filter((name) => name !== 'ws-js')
const CLOSEST: readonly CodecName[] = ['noio-take', 'noio-copy', 'ws', 'js']
const CLOSEST_AND_FLOOR: readonly CodecName[] = [...CLOSEST, 'memcpy']
const MAIN: readonly CodecName[] = ['noio-take', 'ws', 'js']
/** For what only noio-ws has. */
const NEAREST: readonly CodecName[] = ['noio-take', 'ws']
const ALL_ENCODERS = CODEC_NAMES.filter((name) => name !== 'noio-copy')
const TAKE: readonly CodecName[] = ['noio-take']
const TAKE_AND_COPY: readonly CodecName[] = ['noio-take', 'noio-copy']
const KEPT: readonly CodecName[] = ['noio-take', 'noio-copy', 'ws']
const NONE: readonly CodecName[] = []

export function sizeName(bytes: number): string {
  if (bytes === 1460) return '1,460 B'
  if (bytes >= MIB) return `${bytes / MIB} MiB`
  return bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`
}

/** Not by toLocaleString: every process would load a locale for it. */
function countName(connections: number): string {
  if (connections === 1) return '1 connection'
  return connections < 1000 ? `${connections} connections` : `${connections / 1000},000 connections`
}

type DecodeChoices = Partial<Omit<DecodeWork, 'kind'>> & { size: number }

function decode(choices: DecodeChoices, codecs: readonly CodecName[], key: readonly CodecName[] = NONE): Row {
  const defaults = {
    masked: true,
    content: 'binary',
    strings: false,
    pieces: false,
    settled: false,
    fragments: 1,
  } as const
  const work: DecodeWork = { kind: 'decode', chunk: CHUNK, ...defaults, ...choices }
  const { masked, content, strings, pieces, settled, size, fragments, chunk } = work
  let name = `decode ${masked ? 'masked' : 'unmasked'} ${content} ${sizeName(size)}`
  if (content !== 'binary') name += strings ? ' as strings' : ' as bytes'
  if (pieces) name += ', in pieces'
  if (settled) name += ', memory kept'
  if (fragments > 1) name += ` in ${fragments} fragments`
  if (typeof chunk === 'object') name += `, one per recv, ${countName(chunk.connections)}`
  else if (chunk !== CHUNK) name += `, chunks of ${sizeName(chunk)}`
  return { name, unit: 'ns', codecs, key, work }
}

function encode(
  choices: Omit<EncodeWork, 'kind' | 'ready'> & { ready?: boolean },
  codecs: readonly CodecName[],
  key: readonly CodecName[] = NONE,
): Row {
  const work: EncodeWork = { kind: 'encode', ready: false, ...choices }
  const { role, strings, size, form, ready } = work
  const name = `encode ${role.toLowerCase()} ${strings ? 'ASCII string' : 'binary'} ${sizeName(size)}, ${form}`
  return { name: ready ? `${name}, Data ready` : name, unit: 'ns', codecs, key, work }
}

function decodeRows(): Row[] {
  const rows: Row[] = []
  for (const size of [0, 16, 125, 126, KIB, 4 * KIB, 16 * KIB, CHUNK, MIB, 16 * MIB]) {
    const copied = [16, 125, KIB, 4 * KIB, 16 * KIB, CHUNK].includes(size)
    const codecs = [0, 126, 4 * KIB, 16 * MIB].includes(size) ? CLOSEST_AND_FLOOR : ALL
    rows.push(decode({ size }, codecs, copied ? TAKE_AND_COPY : size === 0 || size === 16 * MIB ? NONE : TAKE))
  }
  for (const size of [0, 16, 125, KIB, 4 * KIB, 16 * KIB, CHUNK, MIB, 16 * MIB]) {
    const isKey = [16, 125, KIB, 4 * KIB, 16 * KIB].includes(size)
    const codecs = isKey && size !== 4 * KIB ? ALL_UNMASKED : CLOSEST_AND_FLOOR
    const copied = [KIB, 4 * KIB, 16 * KIB, CHUNK].includes(size)
    rows.push(decode({ masked: false, size }, codecs, copied ? TAKE_AND_COPY : isKey ? TAKE : NONE))
  }
  for (const content of TEXTS) {
    for (const strings of [false, true]) {
      const isCommon = content === 'ASCII' || content === 'CJK'
      for (const size of isCommon ? [16, 125, KIB, 16 * KIB] : [125, KIB]) {
        const isKey = content === 'ASCII' && strings && size <= 125
        rows.push(decode({ content, strings, size }, MAIN, isKey ? TAKE : NONE))
      }
    }
  }
  for (const content of ['ASCII', 'CJK'] as const) {
    for (const size of [125, KIB]) rows.push(decode({ masked: false, content, strings: true, size }, MAIN))
  }
  for (const chunk of [16 * KIB, 100, 1]) {
    for (const size of [16, KIB, CHUNK]) rows.push(decode({ size, chunk }, MAIN))
  }
  for (const size of [16, 125, KIB, 4 * KIB]) {
    rows.push(decode({ size, chunk: 1460 }, CLOSEST, size === 16 ? TAKE : TAKE_AND_COPY))
  }
  rows.push(decode({ size: CHUNK, chunk: 1460 }, MAIN))
  for (const connections of [1, 1000, 20_000]) {
    for (const size of [16, KIB]) {
      const isKey = size === 16 && connections !== 20_000
      rows.push(decode({ size, chunk: { connections } }, [...CLOSEST, 'websocket-driver'], isKey ? TAKE : NONE))
    }
  }
  for (const size of [KIB, 16 * KIB, 256 * KIB]) rows.push(decode({ size, fragments: 8 }, CLOSEST))
  for (const size of [16 * KIB, CHUNK, MIB]) rows.push(decode({ size, pieces: true }, CLOSEST))
  for (const size of [16 * KIB, CHUNK, MIB, 16 * MIB]) rows.push(decode({ size, settled: true }, NEAREST))
  return rows
}

function encodeRows(): Row[] {
  const rows: Row[] = []
  for (const size of [16, 125, KIB, 4 * KIB, 16 * KIB, CHUNK]) {
    const codecs = size <= KIB ? ALL_ENCODERS : MAIN
    rows.push(encode({ role: 'CLIENT', strings: false, size, form: 'frame' }, codecs, size <= 4 * KIB ? TAKE : NONE))
  }
  for (const size of [16, 125, KIB]) rows.push(encode({ role: 'CLIENT', strings: true, size, form: 'frame' }, MAIN))
  for (const size of [16, 125, KIB, 4 * KIB]) {
    rows.push(encode({ role: 'CLIENT', strings: false, size, form: 'batch' }, MAIN, TAKE))
  }
  for (const size of [16, 125]) {
    rows.push(encode({ role: 'CLIENT', strings: false, size, form: 'contiguous batch' }, MAIN))
  }
  for (const size of [16, 125, KIB, 4 * KIB, 16 * KIB]) {
    const isKey = [125, KIB, 4 * KIB].includes(size)
    rows.push(encode({ role: 'SERVER', strings: false, size, form: 'contiguous frame' }, MAIN, isKey ? TAKE : NONE))
  }
  for (const size of [16, 125, KIB, 16 * KIB, CHUNK]) {
    rows.push(encode({ role: 'SERVER', strings: false, size, form: 'parts' }, MAIN, size <= KIB ? TAKE : NONE))
  }
  for (const size of [16, 125, KIB]) rows.push(encode({ role: 'SERVER', strings: true, size, form: 'parts' }, MAIN))
  for (const size of [16, 125, KIB]) {
    rows.push(encode({ role: 'SERVER', strings: false, size, form: 'batch' }, MAIN))
  }
  for (const role of ['CLIENT', 'SERVER'] as const) {
    for (const form of ['frame into a buffer', 'batch into a buffer'] as const) {
      for (const size of [16, 125, KIB]) rows.push(encode({ role, strings: false, size, form }, NEAREST, TAKE))
    }
  }
  // What a Data costs, by the key rows above without it.
  for (const form of ['frame', 'batch'] as const) {
    for (const size of [16, 125])
      rows.push(encode({ role: 'CLIENT', strings: false, size, form, ready: true }, NEAREST))
  }
  for (const size of [16, KIB]) {
    rows.push(encode({ role: 'SERVER', strings: false, size, form: 'parts', ready: true }, NEAREST))
  }
  return rows
}

function keptRows(): Row[] {
  const kept = (what: string, choices: Partial<KeptWork> & { size: number }): Row => {
    const defaults = { kind: 'kept', connections: 10_000, messages: 100, perRead: 10, sent: false } as const
    const work: KeptWork = { ...defaults, ...choices }
    return { name: `memory kept by ${what}`, unit: 'B', codecs: KEPT, key: NONE, work }
  }
  // A chunk of 64 KiB of these is 655 MB for 10,000 connections: a tenth of them tell the same.
  const large = { size: 16, perRead: 2978, messages: 2978, connections: 1000 }
  return [
    kept('the last message of 16 B, one per read', { size: 16, perRead: 1 }),
    kept('the last message of 16 B, ten per read', { size: 16 }),
    kept('the last message of 16 B, reads of 64 KiB', large),
    kept('the last message of 125 B, one per read', { size: 125, perRead: 1 }),
    kept('the last message of 125 B, ten per read', { size: 125 }),
    kept('the last message and the last answer, 125 B, ten per read', { size: 125, sent: true }),
  ]
}

function otherRows(): Row[] {
  const broadcasts = [125, 16 * KIB].map((size): Row => {
    const name = `broadcast ${sizeName(size)} to 1,000 connections`
    return { name, unit: 'ns', codecs: MAIN, key: NONE, work: { kind: 'broadcast', size, connections: 1000 } }
  })
  const buffer = (name: string, size: number, isNew: boolean): Row => {
    return { name, unit: 'ns', codecs: ['memcpy'], key: NONE, work: { kind: 'buffer', size, isNew } }
  }
  return [
    ...broadcasts,
    buffer('a view of 64 B', 64, false),
    ...[64, 65, KIB, 16 * KIB].map((size) => buffer(`copy ${sizeName(size)} to a new buffer`, size, true)),
    {
      name: 'heap per idle connection',
      unit: 'B',
      codecs: ['noio-take', 'ws', 'websocket-driver', 'js'],
      key: TAKE,
      work: { kind: 'idle' },
    },
    {
      name: 'import to first message',
      unit: 'ms',
      codecs: ['noio-take', 'ws', 'websocket-driver', 'websocket', 'js'],
      key: NONE,
      work: { kind: 'start' },
    },
  ]
}

export const ROWS: readonly Row[] = [...decodeRows(), ...encodeRows(), ...otherRows(), ...keptRows()]
