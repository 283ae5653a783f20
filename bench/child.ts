// One measurement, in a process of its own: node child.js '{"row":…,"codec":…,"warm":…,"time":…}' prints the result.
// Started by rounds.ts and profile.ts.

import { type CodecName, loadCodec } from './codecs/codec.js'
import { type Limits, measure } from './measure.js'
import { ROWS } from './rows.js'
import { buffers } from './work/buffer.js'
import { decoding } from './work/decode.js'
import { broadcasting, encoding } from './work/encode.js'
import { keptMemory } from './work/kept.js'
import { keepMemory } from './work/memory.js'
import { idleMemory, startTime } from './work/once.js'

export interface Task extends Limits {
  readonly row: string
  readonly codec: CodecName
}

const { row, codec: name, ...limits } = JSON.parse(process.argv[2]) as Task
const work = ROWS.find((one) => one.name === row)?.work
if (work === undefined) throw new Error(`there is no row ${row}`)

async function result(): Promise<number> {
  switch (work?.kind) {
    case 'decode':
      if (work.settled) await keepMemory()
      return measure(decoding(await loadCodec(name), work), limits)
    case 'encode':
      return measure(encoding(await loadCodec(name), work), limits)
    case 'broadcast':
      return measure(broadcasting(await loadCodec(name), work), limits)
    case 'buffer':
      return measure(buffers(work), limits)
    case 'kept':
      return keptMemory(await loadCodec(name), work)
    case 'idle':
      return idleMemory(name)
    default:
      return startTime(name)
  }
}

process.stdout.write(`${await result()}\n`)
