// What a codec must offer to be measured, and where its output goes. An adapter for each is in this folder.
// Knows no codec; they are loaded by name, each in a process of its own.

export type Role = 'CLIENT' | 'SERVER'

/**
 * How frames are encoded: one per call, or 16; as the codec gives them, contiguous at any price, or as a list for writev
 * where the codec has one.
 */
export type Form = 'frame' | 'contiguous frame' | 'parts' | 'batch' | 'contiguous batch'
export const BATCH = 16

export type Payload = Buffer | string

/** What to do with a connection's chunks. */
export type Decode = (chunk: Buffer) => void
/** Encodes all payloads, in frames of their own. */
export type Encode = (payloads: readonly Payload[]) => void

export interface Codec {
  /** That it is no codec but the floor: nothing comes out of it. */
  readonly copies?: true
  /** A connection that receives; `strings` asks for text as JS strings, and fragments are joined. */
  decoder(role: Role, strings: boolean, sink: Sink): Decode
  encoder?(role: Role, form: Form, outlet: Outlet): Encode
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
} as const satisfies Record<string, { label: string; file: string; package: string | undefined }>

export type CodecName = keyof typeof CODECS
export const CODEC_NAMES = Object.keys(CODECS) as CodecName[]

export async function loadCodec(name: CodecName): Promise<Codec> {
  const { default: codec } = (await import(/* @vite-ignore */ `./${CODECS[name].file}.js`)) as { default: Codec }
  return codec
}
