// The tables of the documents: which results they show. Knows the rows' names; how they are written is blocks.ts's.

import type { CodecName } from './codecs/codec.js'

export interface Table {
  readonly codecs: readonly CodecName[]
  /** What the columns are called, where not as the codecs. */
  readonly headings?: readonly string[]
  /** A sentence before it, which goes where the table has no line. */
  readonly before?: string
  /** Whether the ratios of the other Node stand next to ours. */
  readonly beside?: true
  /** What a line is called, and the row it shows. */
  readonly rows: Readonly<Record<string, string>>
}

const TABLES: Readonly<Record<string, Table>> = {
  'key-rows': {
    codecs: ['noio-take', 'noio-copy', 'ws', 'js', 'memcpy'],
    beside: true,
    rows: {
      'receive masked, 16 B': 'decode masked binary 16 B',
      'receive masked, 125 B': 'decode masked binary 125 B',
      'receive masked, 1 KiB': 'decode masked binary 1 KiB',
      'receive masked, 4 KiB': 'decode masked binary 4 KiB',
      'receive masked, 16 KiB': 'decode masked binary 16 KiB',
      'receive masked, 64 KiB': 'decode masked binary 64 KiB',
      'receive masked, 1 MiB': 'decode masked binary 1 MiB',
      'receive unmasked, 16 B': 'decode unmasked binary 16 B',
      'receive unmasked, 1 KiB': 'decode unmasked binary 1 KiB',
      'one masked frame of 16 B per read, 1,000 connections':
        'decode masked binary 16 B, one per recv, 1,000 connections',
      'text as strings, ASCII, 125 B': 'decode masked ASCII 125 B as strings',
      'text as strings, CJK, 125 B': 'decode masked CJK 125 B as strings',
      'client sends 16 B, `send`': 'encode client binary 16 B, frame',
      'client sends 125 B, `send`': 'encode client binary 125 B, frame',
      'client sends 125 B, `sendInto`': 'encode client binary 125 B, frame into a buffer',
      'server sends 1 KiB, `sendParts`': 'encode server binary 1 KiB, parts',
    },
  },
  'small-frames': {
    codecs: ['noio-take', 'ws', 'js'],
    beside: true,
    rows: {
      'masked, 0 B': 'decode masked binary 0 B',
      'masked, 16 B': 'decode masked binary 16 B',
      'masked, 16 B, chunks of 16 KiB': 'decode masked binary 16 B, chunks of 16 KiB',
      'masked, 16 B, chunks of 1,460 B': 'decode masked binary 16 B, chunks of 1,460 B',
      'masked, 16 B, chunks of 100 B': 'decode masked binary 16 B, chunks of 100 B',
      'masked, 16 B, one per chunk': 'decode masked binary 16 B, one per recv, 1 connection',
      'masked, 16 B, chunks of 1 B': 'decode masked binary 16 B, chunks of 1 B',
    },
  },
  unmasked: {
    codecs: ['noio-take', 'ws', 'js', 'memcpy'],
    beside: true,
    rows: {
      '16 B': 'decode unmasked binary 16 B',
      '125 B': 'decode unmasked binary 125 B',
      '1 KiB': 'decode unmasked binary 1 KiB',
      '4 KiB': 'decode unmasked binary 4 KiB',
      '16 KiB': 'decode unmasked binary 16 KiB',
    },
  },
  buffers: {
    codecs: ['memcpy'],
    headings: ['time'],
    before: 'What the platform takes for the memory of a result, whichever codec asks for it:',
    rows: {
      'a view of a buffer that is there': 'a view of 64 B',
      '64 B into a new `Uint8Array`': 'copy 64 B to a new buffer',
      '65 B': 'copy 65 B to a new buffer',
      '1 KiB': 'copy 1 KiB to a new buffer',
      '16 KiB': 'copy 16 KiB to a new buffer',
    },
  },
  sending: {
    codecs: ['noio-take', 'ws', 'js'],
    beside: true,
    rows: {
      'client, 16 B, `send`': 'encode client binary 16 B, frame',
      'client, 125 B, `send`': 'encode client binary 125 B, frame',
      'client, 125 B, `send`, `Data` made before': 'encode client binary 125 B, frame, Data ready',
      'client, 125 B, `send` of 16 frames': 'encode client binary 125 B, batch',
      'client, 125 B, `sendInto`': 'encode client binary 125 B, frame into a buffer',
      'client, 125 B, 16 times `sendInto`': 'encode client binary 125 B, batch into a buffer',
      'client, 1 KiB, `send`': 'encode client binary 1 KiB, frame',
      'client, 1 KiB, `sendInto`': 'encode client binary 1 KiB, frame into a buffer',
      'server, 125 B, `send`': 'encode server binary 125 B, contiguous frame',
      'server, 125 B, `sendInto`': 'encode server binary 125 B, frame into a buffer',
      'server, 125 B, `sendParts`': 'encode server binary 125 B, parts',
      'server, 16 KiB, `send`': 'encode server binary 16 KiB, contiguous frame',
      'server, 16 KiB, `sendParts`': 'encode server binary 16 KiB, parts',
      'broadcast, 125 B to 1,000, `sendParts`': 'broadcast 125 B to 1,000 connections',
      'broadcast, 16 KiB to 1,000, `sendParts`': 'broadcast 16 KiB to 1,000 connections',
    },
  },
  delivery: {
    codecs: ['noio-take', 'noio-copy', 'ws', 'js'],
    beside: true,
    rows: {
      '1 KiB, chunks of 64 KiB': 'decode masked binary 1 KiB',
      '1 KiB, chunks of 1,460 B': 'decode masked binary 1 KiB, chunks of 1,460 B',
      '1 KiB in 8 fragments': 'decode masked binary 1 KiB in 8 fragments',
      '16 KiB': 'decode masked binary 16 KiB',
      '16 KiB, in pieces': 'decode masked binary 16 KiB, in pieces',
      '64 KiB': 'decode masked binary 64 KiB',
      '64 KiB, in pieces': 'decode masked binary 64 KiB, in pieces',
      '64 KiB, chunks of 1,460 B': 'decode masked binary 64 KiB, chunks of 1,460 B',
      '1 MiB': 'decode masked binary 1 MiB',
      '1 MiB, in pieces': 'decode masked binary 1 MiB, in pieces',
    },
  },
  ownership: {
    codecs: ['noio-take', 'noio-copy', 'ws'],
    beside: true,
    rows: {
      '16 B, many in a chunk': 'decode masked binary 16 B',
      '125 B, many in a chunk': 'decode masked binary 125 B',
      '1 KiB, many in a chunk': 'decode masked binary 1 KiB',
      '1 KiB, chunks of 1,460 B': 'decode masked binary 1 KiB, chunks of 1,460 B',
      '16 KiB': 'decode masked binary 16 KiB',
      'one of 16 B per chunk, 1,000 connections': 'decode masked binary 16 B, one per recv, 1,000 connections',
    },
  },
  kept: {
    codecs: ['noio-take', 'noio-copy', 'ws'],
    rows: {
      '16 B, one message per read': 'memory kept by the last message of 16 B, one per read',
      '16 B, ten per read': 'memory kept by the last message of 16 B, ten per read',
      '16 B, reads of 64 KiB': 'memory kept by the last message of 16 B, reads of 64 KiB',
      '125 B, one message per read': 'memory kept by the last message of 125 B, one per read',
      '125 B, ten per read': 'memory kept by the last message of 125 B, ten per read',
      '125 B, ten per read, and the last answer from `send`':
        'memory kept by the last message and the last answer, 125 B, ten per read',
    },
  },
  settled: {
    codecs: ['noio-take', 'ws'],
    rows: {
      '16 KiB': 'decode masked binary 16 KiB, memory kept',
      '64 KiB': 'decode masked binary 64 KiB, memory kept',
      '1 MiB': 'decode masked binary 1 MiB, memory kept',
      '16 MiB': 'decode masked binary 16 MiB, memory kept',
    },
  },
  text: {
    codecs: ['noio-take', 'ws', 'js'],
    beside: true,
    rows: {
      'ASCII, 16 B, as strings': 'decode masked ASCII 16 B as strings',
      'ASCII, 125 B, as bytes': 'decode masked ASCII 125 B as bytes',
      'ASCII, 125 B, as strings': 'decode masked ASCII 125 B as strings',
      'ASCII, 1 KiB, as strings': 'decode masked ASCII 1 KiB as strings',
      'CJK, 16 B, as strings': 'decode masked CJK 16 B as strings',
      'CJK, 125 B, as bytes': 'decode masked CJK 125 B as bytes',
      'CJK, 125 B, as strings': 'decode masked CJK 125 B as strings',
      'CJK, 1 KiB, as strings': 'decode masked CJK 1 KiB as strings',
      'a client sends ASCII, 125 B, `send`': 'encode client ASCII string 125 B, frame',
    },
  },
}

export const TABLE_NAMES: readonly string[] = Object.keys(TABLES)

export function tableOf(name: string): Table {
  const table = TABLES[name]
  if (table === undefined) throw new Error(`there is no table '${name}'; there are ${Object.keys(TABLES).join(', ')}`)
  return table
}
