// What the numbers depend on in addition to the code: the machine, Node, and the codecs' versions. Measures nothing.

import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { CODECS, type CodecName } from './codecs/codec.js'

const ROOT = new URL('../../', import.meta.url)

export interface Machine {
  /** For a file's name: no host, no path. */
  readonly name: string
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly platform: string
  readonly node: string
  readonly loadAverage: number
  /** Of each package that is measured, and of the addon that ws uses. */
  readonly versions: Readonly<Record<string, string>>
}

function versionOf(path: string): string {
  return (JSON.parse(readFileSync(new URL(`${path}package.json`, ROOT), 'utf8')) as { version: string }).version
}

/** Where Node masks by itself, ws takes no addon; where the addon has no binary, it is JavaScript. */
function addonNote(): string {
  if ('websocketMask' in http) return ' (not used: this Node masks for ws)'
  const { mask } = createRequire(import.meta.url)('bufferutil') as { mask: () => void }
  return String(mask).includes('[native code]') ? '' : ' (JavaScript: no binary for this machine)'
}

export function describeMachine(codecs: readonly CodecName[]): Machine {
  const cpu = (cpus()[0]?.model ?? process.arch).replace(/\s+/g, ' ').trim()
  const versions: Record<string, string> = {}
  for (const name of codecs) {
    const { package: one } = CODECS[name]
    if (one !== undefined) versions[one] = versionOf(one === 'noio-ws' ? '' : `node_modules/${one}/`)
    if (one === 'ws') versions.bufferutil = versionOf('node_modules/bufferutil/') + addonNote()
  }
  const node = process.version
  const slug = cpu.toLowerCase().replace(/\(r\)|\(tm\)|\bcpu\b|@.*|\d+-core processor|processor/g, '')
  return {
    name: `${slug.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}-node${node.slice(1).split('.')[0]}`,
    date: new Date().toISOString().slice(0, 10),
    cpu,
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node,
    loadAverage: Math.round(loadavg()[0] * 100) / 100,
    versions,
  }
}

export function headerOf({ cpu, cores, platform, node, date, loadAverage, versions }: Machine): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `${cpu}, ${cores} cores, ${platform}, Node ${node}, ${date}, load average ${loadAverage}\n${list.join(', ')}`
}
