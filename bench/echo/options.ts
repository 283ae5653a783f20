// The command line of the benchmark. Knows names; runs nothing.

import { parseArgs } from 'node:util'
import { NAMES, type Name } from './candidates.js'
import { MODULES } from './parts.js'
import { LEFT_OUT, nameOf, QUICK_ROWS, ROWS, type Row, sizeOf, WS_ROWS } from './rows.js'

export const PARTS = ['echo', 'chat', 'accept'] as const
export type Part = (typeof PARTS)[number]

export const HELP = `npm run bench:echo -- [options]
Server CPU per echoed message over loopback TCP, noio-ws and others; and a chat, opening handshakes and memory of idle
connections in a program for ws, with ws and with noio-ws/ws. Linux only.

  --ws               only ws and noio-ws/ws: the rows over 64 connections, and the other parts
  --docs             measure nothing: write the table of docs/ws.md from bench/results/ws
  --parts a,b        only these, of ${PARTS.join(', ')}
  --quick            the rows that are looked at first: 16 B and 1 KiB over 64 connections
  --rows a,b         only these; a row is payload x frames in flight x connections, such as 16x64x64
  --servers a,b      only these, of ${NAMES.join(', ')}
  --rounds n         how often each row is measured with each server, in new processes; default 3
  --ms n             how long one measurement is, in ms; default 400
  --install          get Bun and Deno first, into build/runtimes, as npm run test:runtimes does
  --node NODE        in another Node: the path of its binary, or a version such as 24, which is got from npm
  --no-write         leave bench/results as it is
  --help

The rows are ${[...new Set(ROWS.map(({ payload }) => sizeOf(payload)))].join(', ')} with 1 and 64 in flight on each of 1, 64 and 1000 connections;
${LEFT_OUT}. The whole run takes less than 10 minutes.`

export interface Options {
  readonly parts: readonly Part[]
  readonly docs: boolean
  readonly rows: readonly Row[]
  readonly servers: readonly Name[]
  readonly rounds: number
  readonly ms: number
  readonly install: boolean
  /** Whether results are to be kept, where they are whole. */
  readonly write: boolean
}

/** Whether all of the echo is measured, by which its results are worth keeping. */
export function isWholeEcho({ parts, rows, servers }: Options): boolean {
  return parts.includes('echo') && rows.length === ROWS.length && servers.length === NAMES.length
}

/** The same of what compares ws with noio-ws/ws. */
export function isWholeDropIn({ parts, rows, servers }: Options): boolean {
  const hasRows = WS_ROWS.every((row) => rows.includes(row))
  return parts.length === PARTS.length && hasRows && MODULES.every((module) => servers.includes(module))
}

/** What cannot be done as it was asked for. */
export class WrongOption extends Error {}

/** Undefined where only help was asked for. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  if (values.quick && values.rows !== undefined) throw new WrongOption('--quick and --rows exclude each other')
  const byName = new Map(ROWS.map((row) => [nameOf(row), row]))
  const rows = values.rows === undefined ? undefined : pick('--rows', values.rows, byName)
  if (values.ws && (rows !== undefined || values.servers !== undefined || values.quick)) {
    throw new WrongOption('--ws says which rows and servers; it excludes --quick, --rows and --servers')
  }
  const namesOf = values.ws ? MODULES : NAMES
  const servers = pick('--servers', values.servers ?? namesOf.join(','), new Map(NAMES.map((name) => [name, name])))
  // Rows and servers of the echo are asked for where it alone is of interest.
  const isEchoOnly = rows !== undefined || values.servers !== undefined || values.quick
  const parts = pick(
    '--parts',
    values.parts ?? (isEchoOnly ? 'echo' : PARTS.join(',')),
    new Map(PARTS.map((part) => [part, part])),
  )
  return {
    parts,
    docs: values.docs,
    rows: rows ?? (values.quick ? QUICK_ROWS : values.ws ? WS_ROWS : ROWS),
    servers: NAMES.filter((name) => servers.includes(name)),
    rounds: whole('--rounds', values.rounds, 1, 100),
    ms: whole('--ms', values.ms, 50, 60_000),
    install: values.install,
    write: !values['no-write'],
  }
}

function parse(args: string[]) {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args,
      options: {
        quick: flag,
        ws: flag,
        docs: flag,
        parts: { type: 'string' },
        rows: { type: 'string' },
        servers: { type: 'string' },
        rounds: { type: 'string', default: '3' },
        ms: { type: 'string', default: '400' },
        install: flag,
        'no-write': flag,
        help: { ...flag, short: 'h' },
      },
    })
  } catch (error) {
    throw new WrongOption((error as Error).message)
  }
}

function pick<T>(option: string, given: string, known: ReadonlyMap<string, T>): T[] {
  return given.split(',').map((name) => {
    const found = known.get(name)
    if (found === undefined) throw new WrongOption(`${option} has '${name}'; there are ${[...known.keys()].join(' ')}`)
    return found
  })
}

function whole(option: string, given: string, least: number, most: number): number {
  const number = Number(given)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new WrongOption(`${option} is '${given}'; it is a whole number from ${least} to ${most}`)
}
