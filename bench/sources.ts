// What documents take their figures from. Knows the shape of the results; not how they are measured or shown.

import type { CodecName } from './codecs/codec.js'
import type { Compressed } from './compressed.js'
import type { DropIn } from './echo/drop-in.js'
import type { Results } from './report.js'

/** What the end-to-end benchmark writes. */
export interface Echo {
  readonly date: string
  readonly processor: string
  readonly node: string
  readonly rows: readonly {
    readonly payload: number
    readonly inFlight: number
    readonly connections: number
    /** µs of the server's processor time per message. */
    readonly servers: Readonly<Record<string, { readonly us?: number }>>
  }[]
}

/** What figures are taken from. */
export interface Sources {
  /** Of the Node whose figures are shown, and whose must bear out the claims. */
  readonly results: Results
  /** Of another Node, whose ratios stand next to them in some tables. */
  readonly beside?: Results | undefined
  /** Of the end-to-end benchmark, where there are any. */
  readonly echo?: Echo | undefined
  /** Of ws and noio-ws/ws under the same programs, by major version of Node, where there are any. */
  readonly dropIn?: ReadonlyMap<number, DropIn> | undefined
  /** Of ways to compress, where there are any. */
  readonly compressed?: Compressed | undefined
}

/** A row, and the codec that must be measured in it. */
export interface Use {
  readonly row: string
  readonly codec: CodecName
}
