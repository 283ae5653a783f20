// A deflater on a stream of node:zlib that lives as long as its connection, written to synchronously.
// Knows node:zlib, and what of it is not documented: the call that npm's own archives are made by. Where that is missing, the
// documented one of noio-ws/permessage-deflate/node is used, which makes a stream for each message and takes longer.

import { constants, createDeflateRaw, type DeflateRaw, inflateRawSync } from 'node:zlib'
import type { Deflater } from '../permessage-deflate/index.js'
import { nodeZlib } from '../permessage-deflate/node.js'

/** How to compress. */
export interface DeflateSettings {
  readonly windowBits: number
  readonly level: number
  readonly memLevel: number
  readonly strategy: number
}

/** What is used of a stream, documented or not. */
interface Engine {
  _handle: { close(): void } | null
  _processChunk(bytes: Uint8Array, flush: number): Buffer
  removeAllListeners(event: string): void
  reset(): void
}

class StreamDeflater implements Deflater {
  readonly #engine: Engine
  readonly #handle: NonNullable<Engine['_handle']>
  readonly #close: () => void

  constructor(settings: DeflateSettings) {
    this.#engine = createDeflateRaw(settings) as DeflateRaw & Engine
    this.#handle = this.#engine._handle as NonNullable<Engine['_handle']>
    // A synchronous call closes its stream afterwards.
    this.#close = this.#handle.close
    this.#handle.close = () => {}
  }

  deflate(bytes: Uint8Array): Uint8Array {
    const engine = this.#engine
    const deflated = engine._processChunk(bytes, constants.Z_SYNC_FLUSH)
    engine._handle = this.#handle
    engine.removeAllListeners('error')
    // The stream writes over it the next time.
    return new Uint8Array(deflated)
  }

  reset(): void {
    this.#engine.reset()
  }

  release(): void {
    this.#handle.close = this.#close
    this.#handle.close()
    this.#engine._handle = null
  }
}

/** Whether streams can be written to like that: tried once, with what could go wrong. */
let works: boolean | undefined

function tried(): boolean {
  try {
    const deflater = new StreamDeflater({
      windowBits: 15,
      level: -1,
      memLevel: 8,
      strategy: constants.Z_DEFAULT_STRATEGY,
    })
    const text = new TextEncoder().encode('a text that is there twice')
    const parts = [deflater.deflate(text), deflater.deflate(text)]
    const whole = inflateRawSync(Buffer.concat(parts), { finishFlush: constants.Z_SYNC_FLUSH })
    deflater.reset()
    const again = inflateRawSync(deflater.deflate(text), { finishFlush: constants.Z_SYNC_FLUSH })
    deflater.release()
    return whole.equals(Buffer.concat([text, text])) && again.equals(text) && parts[1].length < parts[0].length
  } catch {
    return false
  }
}

export function deflaterOf(settings: DeflateSettings): Deflater {
  works ??= tried()
  return works ? new StreamDeflater(settings) : nodeZlib.deflater(settings)
}
