// What a program holds of a Duplex: the shape of the platform's WebSocketStream, and nothing else.
// Knows no event and no frame.

import { closeWith } from './close-frame.js'
import type { Duplex } from './duplex.js'
import type { WebSocketCloseInfo } from './error.js'
import type { Used, WebSocketDuplex, WebSocketOpenInfo } from './options.js'

export class View implements WebSocketDuplex {
  readonly #duplex: Duplex
  readonly #used: Used
  #opened: Promise<WebSocketOpenInfo> | undefined

  constructor(duplex: Duplex, used: Used) {
    this.#duplex = duplex
    this.#used = used
  }

  get readable(): WebSocketDuplex['readable'] {
    return this.#duplex.source.readable
  }

  get writable(): WebSocketDuplex['writable'] {
    return this.#duplex.sink.writable
  }

  get opened(): Promise<WebSocketOpenInfo> {
    const { readable, writable } = this
    const { protocol, extensions } = this.#used
    this.#opened ??= Promise.resolve({ readable, writable, protocol, extensions })
    return this.#opened
  }

  get closed(): WebSocketDuplex['closed'] {
    return this.#duplex.closed
  }

  close(info: WebSocketCloseInfo = {}): void {
    if (typeof info !== 'object' || info === null) throw new TypeError('the argument of close must be an object')
    this.#duplex.close(closeWith(info))
  }
}
