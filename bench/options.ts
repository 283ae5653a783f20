// The command line of the benchmark. Knows the names of rows and codecs; measures nothing.

import { parseArgs } from 'node:util'
import { CODEC_NAMES, type CodecName } from './codecs/codec.js'
import { ROWS, type Row } from './rows.js'
import { TABLE_NAMES, tableOf } from './tables.js'

export const HELP = `Compares codecs of WebSocket frames: npm run bench -- [options]

  --rows A,B       only rows whose name contains A or B, or matches it as a regular expression
  --table NAME     only the rows and codecs of this table of docs/performance.md: ${TABLE_NAMES.join(', ')}
  --codecs a,b     only these: ${CODEC_NAMES.join(', ')}
  --rounds N       measurements of each row and codec; 3 by default, 5 for key rows, 2 with --quick
  --quick          key rows only, in a minute and a half; prints 'row ratio' and nothing else, to compare two runs
  --against PATH   this build compared with another checkout of noio-ws, which must be built: each row and codec with both,
                   one after the other in every round; rows that fall by more than 8 % are measured as often again. Prints
                   the times and ratios of the two; with --quick, of the key rows only. Writes nothing
  --node NODE      measures in another Node: the path of its binary, or a version such as 24, which is got from npm
  --list           prints the rows (* for key rows) and what is measured in each
  --charts         draws the charts, and writes the figures into docs/codec.md and docs/performance.md, from the results that
                   were written last on a machine like this; measures nothing
  --help           prints this

The whole run takes about 10 minutes and writes bench/results, a file for each machine and Node, and all that is made of
them: documents show Node 24's figures where there are any. Nothing is written where rows, codecs or rounds were chosen. Ratios are the time of ws + bufferutil over the codec's, so that more is better.`

export interface Options {
  readonly rows: readonly Row[]
  readonly codecs: readonly CodecName[]
  readonly rounds: number | undefined
  readonly quick: boolean
  /** The folder of another checkout. */
  readonly against: string | undefined
  readonly action: 'measure' | 'list' | 'charts' | 'help'
  /** Whether everything is measured as it is by default. */
  readonly whole: boolean
}

/** A mistake of the caller's. */
export class UsageError extends Error {}

export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  const actions = (['help', 'list', 'charts'] as const).filter((name) => values[name])
  return {
    rows: rowsOf(values), // and with them, whether there is such a table
    codecs: codecsOf(values),
    rounds: values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds),
    quick: values.quick === true,
    against: values.against,
    action: actions[0] ?? 'measure',
    whole: !(values.rows ?? values.table ?? values.codecs ?? values.rounds ?? values.against) && !values.quick,
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rows: { type: 'string' },
        table: { type: 'string' },
        codecs: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean' },
        against: { type: 'string' },
        // Read by node.ts, and never seen here.
        node: { type: 'string' },
        list: { type: 'boolean' },
        charts: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --help lists the options`)
  }
}

function codecsOf({
  codecs,
  table,
}: {
  codecs?: string | undefined
  table?: string | undefined
}): readonly CodecName[] {
  if (codecs !== undefined) return chosenCodecs(codecs)
  return table === undefined ? CODEC_NAMES : tableOf(table).codecs
}

function rowsOf({ rows, table }: { rows?: string | undefined; table?: string | undefined }): readonly Row[] {
  if (table === undefined) return rows === undefined ? ROWS : chosenRows(rows)
  if (rows !== undefined) throw new UsageError('--rows and --table: say one of them')
  if (!TABLE_NAMES.includes(table)) {
    throw new UsageError(`--table: there is no table '${table}'; there are ${TABLE_NAMES.join(', ')}`)
  }
  const names = Object.values(tableOf(table).rows)
  return ROWS.filter(({ name }) => names.includes(name))
}

function chosenRows(text: string): Row[] {
  // A comma inside a name has a space after it, or is in a number.
  const tests = text.split(/,(?! )(?!(?<=\d,)\d{3}\b)/).map((part) => {
    const lower = part.toLowerCase()
    let pattern: RegExp | undefined
    try {
      pattern = new RegExp(part, 'i')
    } catch {
      // Then it is part of a name, or nothing.
    }
    const test = (name: string): boolean => name.toLowerCase().includes(lower) || pattern?.test(name) === true
    if (part === '' || !ROWS.some(({ name }) => test(name))) {
      throw new UsageError(`--rows: no row matches '${part}'; --list prints them`)
    }
    return test
  })
  return ROWS.filter(({ name }) => tests.some((test) => test(name)))
}

function chosenCodecs(text: string): CodecName[] {
  const names = text.split(',')
  for (const name of names) {
    if (!CODEC_NAMES.includes(name as CodecName)) {
      throw new UsageError(`--codecs: there is no codec '${name}'; there are ${CODEC_NAMES.join(', ')}`)
    }
  }
  return CODEC_NAMES.filter((name) => names.includes(name))
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value
  throw new UsageError(`--${name} must be a whole number from 1 to 1000, not '${text}'`)
}
