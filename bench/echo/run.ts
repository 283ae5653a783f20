// The echo benchmark: starts the servers, checks each, and measures them in turn. `npm run bench:echo -- --help`.
// Knows the order of things; not how a server is loaded, nor how a figure is shown.

import { execFileSync } from 'node:child_process'
import { ranInOtherNode } from '../node.js'
import { type Candidate, candidate, install, programOn, ROOT, type Running, start } from './candidates.js'
import { check } from './check.js'
import { fromEcho, linesOf, table, writeDocument, writeResults } from './drop-in.js'
import { Loader, type Run } from './loader.js'
import { HELP, isWholeDropIn, isWholeEcho, type Options, readOptions, WrongOption } from './options.js'
import { type Compared, MODULES, measureAccept, measureChat } from './parts.js'
import { busy, circumstances, ended, headings, line, type Measured, write } from './report.js'
import { CLIENTS, IDLE, LEFT_OUT, nameOf, type Row } from './rows.js'

/** Before each measurement, under the same load; and once for each process, after its check. In ms. */
const WARM_UP = 150
const FIRST_WARM_UP = 1000
const FIRST_ROW: Row = { payload: 125, inFlight: 16, connections: 16 }
/** File descriptors of a process that are not connections. */
const SPARE_FILES = 50

/** A server has one for each connection, and so has the load generator. */
function checkFiles(connections: readonly number[]): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  const needed = Math.max(...connections) + SPARE_FILES
  if (limit !== 'unlimited' && Number(limit) < needed) {
    throw new WrongOption(
      `a process may open ${limit} files, and ${needed} are needed: ulimit -n ${needed}, or --parts, --rows`,
    )
  }
}

/** The servers that can be had; says which, and which cannot. */
function candidates({ servers }: Options): Candidate[] {
  const found = servers.map(candidate)
  for (const server of found) {
    console.log(typeof server === 'string' ? `left out: ${server}` : `${server.name.padEnd(18)}${server.version}`)
  }
  return found.filter((server) => typeof server !== 'string')
}

/** Starts a server, checks it byte for byte, and warms it up. */
async function prepare(server: Candidate, loader: Loader): Promise<Running> {
  const running = await start(server)
  await check(running)
  await measure(loader, running, FIRST_ROW, FIRST_WARM_UP)
  return running
}

async function measure(loader: Loader, server: Running, row: Row, ms: number): Promise<Run> {
  try {
    return await loader.measure(server, row, WARM_UP, ms)
  } catch (error) {
    throw new Error(`${server.name} in row ${nameOf(row)}: ${(error as Error).message}`)
  }
}

/** The echo: prints its table, and writes its results where they are whole. */
async function measureEcho(options: Options): Promise<Measured[]> {
  const about = circumstances()
  const found = candidates(options)
  const loader = new Loader()
  const all: Measured[] = options.rows.map((row) => ({ row, runs: new Map(found.map(({ name }) => [name, []])) }))
  for (let round = 0; round < options.rounds; round++) {
    // New processes for each round: what the compiler made of one, and what its heap has grown to, is chance as well.
    const servers: Running[] = []
    for (const server of found) servers.push(await prepare(server, loader))
    // Every other round in the other order, so that no server always comes behind the same one.
    if (round % 2 === 1) servers.reverse()
    for (const { row, runs } of all) {
      for (const server of servers)
        (runs.get(server.name) as Run[]).push(await measure(loader, server, row, options.ms))
    }
    for (const server of servers) server.stop()
    console.log(`round ${round + 1} of ${options.rounds}: each server echoed every byte as it must`)
  }
  loader.stop()

  const names = found.map(({ name }) => name)
  console.log(`\nserver CPU per message, us, all threads; median of ${options.rounds} rounds\n${headings(names)}`)
  for (const measured of all) console.log(line(measured, names))
  const threads = ended(all)
  if (threads !== undefined) console.log(threads)
  console.log(`${busy(all)}\n${LEFT_OUT}`)
  const versions = Object.fromEntries(found.map(({ name, version }) => [name, version]))
  const how = { rounds: options.rounds, ms: options.ms, unit: 'us of server CPU per message', note: LEFT_OUT, versions }
  if (options.write && isWholeEcho(options)) {
    console.log(`\n${write(ROOT, { ...about, ...how }, all)} has these, and their spread`)
  }
  return all
}

async function main(options: Options): Promise<void> {
  if (process.platform !== 'linux') throw new WrongOption('CPU time is read from /proc: this runs on Linux only')
  const { parts, rounds, ms } = options
  checkFiles([
    ...(parts.includes('echo') ? options.rows.map(({ connections }) => connections) : []),
    ...(parts.includes('chat') ? [CLIENTS] : []),
    ...(parts.includes('accept') ? [IDLE] : []),
  ])
  const about = circumstances()
  console.log(`${about.processor}, ${about.system}, Node ${about.node}, load average ${about.loadAverage}`)
  if (options.install) await install()
  const compared: Compared[] = []
  if (parts.includes('echo')) compared.push(...fromEcho(await measureEcho(options)))
  if (parts.includes('chat')) compared.push(...(await measureChat(rounds, ms)))
  if (parts.includes('accept')) compared.push(...(await measureAccept(rounds)))
  if (compared.length === 0) return
  const lines = linesOf(compared)
  console.log(
    `\nserver CPU, or memory, of a program for ws with either import; median of ${rounds} rounds\n${table(lines)}`,
  )
  if (!options.write || !isWholeDropIn(options)) return
  const versions = Object.fromEntries(MODULES.map((module) => [module, programOn(module, '').version]))
  const file = writeResults(ROOT, { about: { ...about, rounds, versions }, lines })
  console.log(`\n${file} and ${writeDocument(ROOT)} have these`)
}

try {
  if (!(await ranInOtherNode())) {
    const options = readOptions(process.argv.slice(2))
    if (options === undefined) console.log(HELP)
    else if (options.docs) console.log(writeDocument(ROOT))
    else await main(options)
  }
} catch (error) {
  console.error(error instanceof WrongOption ? `${error.message}\n--help says more` : (error as Error).message)
  process.exit(1)
}
