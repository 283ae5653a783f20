// permessage-deflate as ws has it, on zlib's streams, without a connection: the peer that is not of this project.
// Knows a file inside ws; no frame.

import { createRequire } from 'node:module'
import type { ExtensionParameters } from '../../bindings/index.js'

type Done = (error: Error | null, data: Buffer) => void
interface Extension {
  accept(configurations: readonly Record<string, (string | true)[]>[]): unknown
  compress(data: Uint8Array, fin: boolean, callback: Done): void
  decompress(data: Uint8Array, fin: boolean, callback: Done): void
  cleanup(): void
}
const PerMessageDeflate = createRequire(import.meta.url)('../../node_modules/ws/lib/permessage-deflate.js') as new (
  options: object,
) => Extension

export class WsDeflate {
  readonly #extension: Extension

  /** @param parameters The answer of the handshake. */
  constructor(role: 'CLIENT' | 'SERVER', parameters: ExtensionParameters) {
    this.#extension = new PerMessageDeflate({ threshold: 0, isServer: role === 'SERVER' })
    this.#extension.accept([Object.fromEntries([...parameters].map(([name, values]) => [name, [...values]]))])
  }

  compress(data: Uint8Array, fin: boolean): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#extension.compress(data, fin, (error, done) => (error === null ? resolve(done) : reject(error)))
    })
  }

  decompress(data: Uint8Array, fin: boolean): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#extension.decompress(data, fin, (error, done) => (error === null ? resolve(done) : reject(error)))
    })
  }

  cleanup(): void {
    this.#extension.cleanup()
  }
}
