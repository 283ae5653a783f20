// The servers that are compared, and how each is started and ended. Knows no socket and no frame.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The repository: this file runs in build/bench/echo. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SERVERS = join(ROOT, 'build/bench/echo/servers')
const START_LIMIT = 20_000

export interface Candidate {
  readonly name: string
  /** The runtime and its arguments. */
  readonly command: readonly string[]
  readonly version: string
  /** Whether it echoes bytes, not messages: no handshake, and every byte comes back as it is. */
  readonly raw: boolean
}

export interface Running extends Candidate {
  readonly pid: number
  readonly port: number
  /** Sends a signal, and waits for what it makes the server print: the first group of the pattern. */
  answerTo(signal: NodeJS.Signals, pattern: RegExp): Promise<string>
  stop(): void
}

/** Runtimes that are packages of npm with the binary inside, where `npm run test:runtimes` installs them. */
const RUNTIMES = {
  bun: { file: 'bun/node_modules/@oven/bun-linux-x64/bin/bun', manifest: 'bun/node_modules/@oven/bun-linux-x64' },
  deno: { file: 'deno/node_modules/@deno/linux-x64-glibc/deno', manifest: 'deno/node_modules/@deno/linux-x64-glibc' },
} as const
const TOOLS = join(ROOT, 'build/runtimes/tools')

/** Every server, whether it is there or not. */
export const NAMES = ['noio-ws', 'noio-ws/ws', 'raw', 'ws', 'ws-corked', 'websocket-driver', 'bun', 'deno'] as const
export type Name = (typeof NAMES)[number]

/** ws, or noio-ws/ws in its place, in a program that takes the module's name. `args`: Node's, and the program's own. */
export function programOn(module: 'ws' | 'noio-ws/ws', file: string, args: { node?: string[]; own?: string[] } = {}) {
  return {
    name: module,
    command: [process.execPath, ...(args.node ?? []), join(SERVERS, file), module, ...(args.own ?? [])],
    version: module === 'ws' ? packageVersion('ws') : versionOf(ROOT),
    raw: false,
  } satisfies Candidate
}

/** The server, or why there is none. */
export function candidate(name: Name): Candidate | string {
  const inNode = (file: string, version: string, ...args: string[]): Candidate => ({
    name,
    command: [process.execPath, join(SERVERS, file), ...args],
    version,
    raw: name === 'raw',
  })
  switch (name) {
    case 'noio-ws':
      return inNode('noio.js', versionOf(ROOT))
    case 'raw':
      return inNode('raw.js', process.versions.node)
    case 'noio-ws/ws':
      return inNode('noio-ws-ws.js', versionOf(ROOT))
    case 'ws':
      return inNode('ws.js', `${packageVersion('ws')} + bufferutil ${packageVersion('bufferutil')}`)
    case 'ws-corked':
      return inNode('ws.js', `${packageVersion('ws')}, one write per read`, '--corked')
    case 'websocket-driver':
      return inNode('websocket-driver.js', packageVersion('websocket-driver'))
    case 'bun':
    case 'deno':
      return inRuntime(name)
  }
}

function inRuntime(name: 'bun' | 'deno'): Candidate | string {
  const file = join(TOOLS, RUNTIMES[name].file)
  if (!existsSync(file)) return `${name} is not installed; add --install`
  const args = name === 'bun' ? ['run'] : ['run', '--no-prompt', '--allow-net=127.0.0.1']
  const version = versionOf(join(TOOLS, RUNTIMES[name].manifest))
  return { name, command: [file, ...args, join(SERVERS, `${name}.js`)], version, raw: false }
}

/** Gets Bun and Deno as `npm run test:runtimes` does, if they are not there. */
export async function install(): Promise<void> {
  const tools = (await import(pathToFileURL(join(ROOT, 'test/runtimes/tools.js')).href)) as Record<
    keyof typeof RUNTIMES,
    () => Promise<string>
  >
  await tools.bun()
  await tools.deno()
}

function versionOf(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

function packageVersion(name: string): string {
  return versionOf(join(ROOT, 'node_modules', name))
}

const children = new Set<ChildProcess>()

/** Starts it, and waits for its port. */
export function start(server: Candidate): Promise<Running> {
  const [command, ...args] = server.command
  const env = { ...process.env, NO_COLOR: '1' }
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the server ${server.name} ${why}`))
    const timer = setTimeout(() => fail(`prints no port within ${START_LIMIT / 1000} s`), START_LIMIT)
    child.on('error', (error) => fail(`does not start: ${error.message}`))
    child.on('exit', (code, signal) => {
      children.delete(child)
      fail(`has ended (${code ?? signal})`)
    })
    let printed = ''
    child.stdout.on('data', (bytes) => {
      printed += bytes
      const port = /^port (\d+)$/m.exec(printed)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve({
        ...server,
        pid: child.pid as number,
        port: Number(port),
        answerTo: (signal, pattern) => answerTo(child, signal, pattern),
        stop: () => void child.kill(),
      })
    })
  })
}

function answerTo(child: ChildProcess, signal: NodeJS.Signals, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const end = (settle: () => void) => {
      clearTimeout(timer)
      child.stdout?.off('data', listen)
      settle()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`a server does not answer ${signal}`))), START_LIMIT)
    const listen = (bytes: Buffer) => {
      printed += bytes
      const answer = pattern.exec(printed)?.[1]
      if (answer !== undefined) end(() => resolve(answer))
    }
    child.stdout?.on('data', listen)
    child.kill(signal)
  })
}

/** Ends every server that is still there, however this process ends. */
process.on('exit', () => {
  for (const child of children) child.kill()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
