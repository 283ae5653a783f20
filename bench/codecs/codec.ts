// What a codec must offer to be measured, and where its output goes. An adapter for each is in this folder.
// Knows no codec; they are loaded by name, each in a process of its own.

export type Role = 'CLIENT' | 'SERVER'

/**
 * How frames are encoded: one per call, or 16; as the codec gives them, contiguous at any price, into memory that is used
 * again, or as a list for writev, where the codec has these.
 */
export type Form =
  | 'frame'
  | 'contiguous frame'
  | 'frame into a buffer'
  | 'parts'
  | 'batch'
  | 'contiguous batch'
  | 'batch into a buffer'
export const BATCH = 16

export type Payload = Buffer | string

/** What to do with a connection's chunks. */
export type Decode = (chunk: Buffer) => void
/** Encodes all payloads, in frames of their own. */
export interface Encode {
  (payloads: readonly Payload[]): void
  /** Makes what can be made of them beforehand; is not measured. */
  prepare?(payloads: readonly Payload[]): void
}

export interface DecoderChoices {
  /** Text as JS strings. */
  readonly strings: boolean
  /** Payloads in pieces as they arrive, where the codec gives them like that. */
  readonly pieces: boolean
}

export interface Codec {
  /** That it is no codec but the floor: nothing comes out of it. */
  readonly copies?: true
  /** A connection that receives; fragments are joined. */
  decoder(role: Role, choices: DecoderChoices, sink: Sink): Decode
  /** `ready`: what the codec makes of a payload before it is sent is made by {@link Encode.prepare}. */
  encoder?(role: Role, form: Form, outlet: Outlet, ready: boolean): Encode
  /** Sends each payload to all of so many connections, as a server. */
  broadcaster?(connections: number, outlet: Outlet): Encode
  /** Everything that a server holds for a connection that has received `chunk`. */
  connection?(chunk: Buffer, sink: Sink): unknown
}

/** Takes the decoded payloads: looks at the length and the first byte of each, and compares them while it is told to. */
export class Sink {
  messages = 0
  touched = 0
  #expected: readonly Payload[] | undefined
  /** Bytes that came of a payload that is not complete. */
  #part = 0

  expect(payloads: readonly Payload[] | undefined): void {
    this.#expected = payloads
    this.messages = 0
  }

  bytes(payload: Uint8Array): void {
    this.touched += payload.length === 0 ? 1 : payload.length ^ payload[0]
    if (this.#expected !== undefined && Buffer.compare(payload, this.#expected[this.messages] as Buffer) !== 0) {
      throw new Error(`message ${this.messages} is not what was sent`)
    }
    this.messages++
  }

  /** Some of a payload; all of it is there with the last. */
  piece(bytes: Uint8Array, isLast: boolean): void {
    this.touched += bytes.length === 0 ? 1 : bytes.length ^ bytes[0]
    const at = this.#part
    this.#part = isLast ? 0 : at + bytes.length
    if (this.#expected !== undefined) {
      const whole = this.#expected[this.messages] as Buffer
      const isRight = whole.subarray(at, at + bytes.length).equals(bytes) && at + bytes.length <= whole.length
      if (!isRight || (isLast && at + bytes.length !== whole.length)) {
        throw new Error(`message ${this.messages} is not what was sent`)
      }
    }
    if (isLast) this.messages++
  }

  text(payload: string): void {
    this.touched += payload.length === 0 ? 1 : payload.length ^ payload.charCodeAt(0)
    if (this.#expected !== undefined && payload !== this.#expected[this.messages]) {
      throw new Error(`message ${this.messages} is not what was sent`)
    }
    this.messages++
  }
}

/** Takes the encoded bytes: looks at the length of each buffer, and copies them while it is told to. */
export class Outlet {
  size = 0
  #copies: Buffer[] | undefined

  record(): void {
    this.#copies = []
  }

  /** What was written since {@link record}. */
  recorded(): Buffer {
    const bytes = Buffer.concat(this.#copies ?? [])
    this.#copies = undefined
    return bytes
  }

  write(bytes: Uint8Array): void {
    this.size += bytes.length
    if (this.#copies !== undefined) this.#copies.push(Buffer.from(bytes))
  }

  /** The beginning of memory that is used again. */
  writeFrom(bytes: Uint8Array, end: number): void {
    this.size += end
    if (this.#copies !== undefined) this.#copies.push(Buffer.from(bytes.subarray(0, end)))
  }
}

/** By the name that --codecs takes. The label is for tables; the package's version is printed. */
export const CODECS = {
  'noio-take': { label: "noio-ws 'take'", file: 'noio-take', package: 'noio-ws' },
  'noio-copy': { label: "noio-ws 'copy'", file: 'noio-copy', package: 'noio-ws' },
  ws: { label: 'ws + bufferutil', file: 'ws', package: 'ws' },
  'ws-js': { label: 'ws, no addon', file: 'ws', package: 'ws' },
  'websocket-driver': { label: 'websocket-driver', file: 'websocket-driver', package: 'websocket-driver' },
  websocket: { label: 'websocket', file: 'websocket', package: 'websocket' },
  js: { label: 'JS, no wasm', file: 'js', package: undefined },
  memcpy: { label: 'memcpy', file: 'memcpy', package: undefined },
  'noio-take@other': { label: "the other's 'take'", file: 'noio-take-other', package: undefined },
  'noio-copy@other': { label: "the other's 'copy'", file: 'noio-copy-other', package: undefined },
} as const satisfies Record<string, { label: string; file: string; package: string | undefined }>

export type CodecName = keyof typeof CODECS

/** Those of which another build can be measured, and that build's name. */
export const OTHERS = { 'noio-take': 'noio-take@other', 'noio-copy': 'noio-copy@other' } as const

/** Those that rows name; another build has a part in --against only. */
export const CODEC_NAMES = (Object.keys(CODECS) as CodecName[]).filter((name) => !name.endsWith('@other'))

export async function loadCodec(name: CodecName): Promise<Codec> {
  const { default: codec } = (await import(/* @vite-ignore */ `./${CODECS[name].file}.js`)) as { default: Codec }
  return codec
}
