// @ts-check
// Programs of libraries on ws, unchanged, with ws and with noio-ws/ws in its place: both must print the same.
// Run it after a build: node test/ws/libraries/run.js [name...]. Installs the libraries into build/libraries.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)
const folder = new URL('build/libraries/', root)
const programs = new URL('programs/', import.meta.url)
const LIMIT = 60_000

/** Majors that the programs are written for. */
const LIBRARIES = {
  '@fastify/websocket': '11',
  aedes: '1',
  crossws: '0.4',
  express: '5',
  fastify: '5',
  graphql: '16',
  'graphql-ws': '6',
  jsdom: '29',
  mqtt: '5',
  'socket.io': '4',
  'socket.io-client': '4',
  undici: '7',
  ws: '8',
  'y-websocket': '2',
  yjs: '13',
}

function install() {
  mkdirSync(folder, { recursive: true })
  const manifest = { private: true, type: 'module', dependencies: LIBRARIES }
  writeFileSync(new URL('package.json', folder), JSON.stringify(manifest))
  const isThere = (/** @type {string} */ name) => existsSync(new URL(`node_modules/${name}`, folder))
  if (!Object.keys(LIBRARIES).every(isThere)) {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: folder, stdio: 'inherit' })
  }
  const link = new URL('node_modules/noio-ws', folder)
  if (!existsSync(link)) symlinkSync(fileURLToPath(root), link)
}

/** What a program prints, and how it ends. @param {string} name @param {string[]} options */
function run(name, options) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [...options, name], {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT,
  })
  return `${stdout}${stderr}ended with ${signal ?? status}\n`
}

install()
const isOurs = "process.exitCode = require('ws') === require('noio-ws/ws') ? 0 : 1"
const { status } = spawnSync(process.execPath, ['--import', 'noio-ws/ws/register', '-e', isOurs], { cwd: folder })
if (status !== 0) throw new Error('noio-ws/ws is not in the place of ws')
const asked = process.argv.slice(2)
let differ = 0
for (const name of readdirSync(programs)) {
  if (asked.length > 0 && !asked.includes(name.replace('.js', ''))) continue
  copyFileSync(new URL(name, programs), new URL(name, folder))
  const theirs = run(name, [])
  const ours = run(name, ['--import', 'noio-ws/ws/register'])
  const isSame = theirs === ours && theirs.endsWith('ended with 0\n')
  console.log(`${isSame ? 'same' : 'DIFFERENT'}  ${name}  ${theirs.split('\n').length - 2} lines`)
  if (isSame) continue
  differ++
  console.log(`with ws:\n${theirs}\nwith noio-ws/ws:\n${ours}`)
}
process.exitCode = differ === 0 ? 0 : 1
