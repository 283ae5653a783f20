// @ts-check
// One open page: its WebSockets, the stream of reports to it, and the commands from it.
// Knows peers and Server-Sent Events; neither the handshake nor what a row shows.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { Data, LocalProtocolError } from 'noio-ws'
import { CommandError, framesOf, readBurst, readCommand, readName } from './commands.js'
import { Peer } from './peer.js'
import { CUSTOM_OPCODES, PeerLog } from './peer-log.js'
import { runRawPeer, SCENARIOS } from './raw-peer.js'
import { Report } from './report.js'
import { Tap } from './tap.js'

/**
 * @import { ServerResponse } from 'node:http'
 * @import { Duplex } from 'node:stream'
 * @import { UpgradeAcceptance } from 'noio-ws/handshake'
 * @import { Scenario } from './raw-peer.js'
 * @typedef {object} Hello What a page is told first.
 * @property {typeof CUSTOM_OPCODES} opcodes
 * @property {Pick<Scenario, 'id' | 'label' | 'kind'>[]} scenarios What a raw peer can do.
 * @property {number} frames Frames that were reported before.
 * @property {number} browsers Connections of the browser before.
 */

/** How long rows are collected before they are sent, in ms. */
const BATCH_TIME = 50
/** How long a session waits for its page to come back, in ms. */
const PATIENCE = 5000
const MAX_PEERS = 8
const FRAMES_AT_ONCE = 64

export class Session {
  #id
  #port
  #onEnd
  #report = new Report(() => this.#schedule())
  /** @type {ServerResponse | undefined} */
  #events
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {NodeJS.Timeout | undefined} */
  #farewell
  /** @type {Set<Peer>} */
  #peers = new Set()
  /** @type {Peer | undefined} */
  #browser
  #counts = { browser: 0, raw: 0 }

  /** @param {string} id @param {number} port @param {() => void} onEnd */
  constructor(id, port, onEnd) {
    this.#id = id
    this.#port = port
    this.#onEnd = onEnd
  }

  get full() {
    return this.#peers.size >= MAX_PEERS
  }

  /** From now on reports go here. @param {ServerResponse} response */
  attach(response) {
    clearTimeout(this.#farewell)
    this.#events?.end()
    this.#events = response
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    const scenarios = SCENARIOS.map(({ id, label, kind }) => ({ id, label, kind }))
    /** @type {Hello} */
    const hello = { opcodes: CUSTOM_OPCODES, scenarios, frames: this.#report.reported, browsers: this.#counts.browser }
    response.write(`retry: 1000\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`)
    this.#schedule()
    response.on('error', () => response.destroy())
    response.on('drain', () => this.#schedule())
    response.on('close', () => {
      if (this.#events !== response) return
      this.#events = undefined
      this.#farewell = setTimeout(() => this.#end(), PATIENCE)
    })
  }

  /**
   * Returns what starts the peer, with the bytes that came along with its request, once that was answered.
   * @param {Duplex} socket
   * @param {'browser' | 'raw'} kind
   * @param {UpgradeAcceptance} agreed
   * @returns {(head: Uint8Array) => void}
   */
  addPeer(socket, kind, agreed) {
    const name = `${kind} ${++this.#counts[kind]}`
    const [extension] = agreed.extensions
    const tap = extension && new Tap(extension)
    const log = new PeerLog(this.#report, name, tap)
    const header = agreed.response.headers['Sec-WebSocket-Extensions']
    log.note('open', `The handshake is complete, with ${header ?? 'no extension'}; frames follow.`)
    const peer = new Peer(socket, log, kind === 'raw', tap)
    this.#peers.add(peer)
    if (kind === 'browser') {
      // A burst does not go on with another connection.
      if (this.#browser !== undefined) this.#report.endMeasure()
      this.#browser = peer
    }
    socket.on('close', () => {
      this.#peers.delete(peer)
      if (this.#browser !== peer) return
      this.#browser = undefined
      this.#report.endMeasure()
    })
    return (head) => peer.start(head)
  }

  /** Does what the page asks for; returns why not, where it cannot. @param {unknown} json @returns {string | undefined} */
  command(json) {
    try {
      this.#do(readCommand(json))
      return undefined
    } catch (error) {
      if (error instanceof CommandError || error instanceof LocalProtocolError) return error.message
      throw error
    }
  }

  /** When the server ends. */
  close() {
    for (const peer of this.#peers) {
      if (peer.isOpen) peer.send(new Data('the inspector ends', 'close', { statusCode: 1001 }))
    }
    this.#events?.end()
  }

  /** @param {import('./commands.js').Command} command */
  #do(command) {
    const name = readName(command)
    if (name === 'raw') return this.#runRawPeer(command.scenario, command.deflate === true)
    if (name === 'measure') {
      const { count, size } = readBurst(command)
      return this.#report.measure('in', count, size)
    }
    const peer = this.#browser
    if (peer === undefined) throw new CommandError('The browser is not connected.')
    if (name === 'burst') {
      const { count, size } = readBurst(command)
      this.#report.measure('out', count, size)
      void burst(peer, count, size)
      return
    }
    const frames = framesOf(command)
    if (frames === undefined) throw new CommandError(`There is no command ${JSON.stringify(name)}.`)
    peer.send(...frames)
  }

  /** @param {unknown} id @param {boolean} deflate Whether to agree upon it, where the scenario works either way. */
  #runRawPeer(id, deflate) {
    const scenario = SCENARIOS.find((one) => one.id === id)
    if (scenario === undefined) throw new CommandError('There is no such scenario.')
    if (this.full) throw new CommandError('Too many connections are open; wait a moment.')
    const query = `session=${this.#id}&peer=raw${(scenario.deflate ?? deflate) ? '&deflate' : ''}`
    runRawPeer(scenario, this.#port, `/socket?${query}`)
  }

  #schedule() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const events = this.#events
      // A page that does not read leaves the rows where their number is bounded.
      if (events === undefined || events.writableNeedDrain) return
      events.write(`event: report\ndata: ${JSON.stringify(this.#report.take())}\n\n`)
    }, BATCH_TIME)
  }

  #end() {
    clearTimeout(this.#timer)
    for (const peer of this.#peers) peer.destroy()
    this.#onEnd()
  }
}

/** @param {Peer} peer @param {number} count @param {number} size */
async function burst(peer, count, size) {
  const data = new Data(new Uint8Array(size).fill(0x7e), 'binary')
  for (let left = count; left > 0 && peer.isOpen; ) {
    const now = Math.min(left, FRAMES_AT_ONCE)
    left -= now
    if (peer.send(...Array.from({ length: now }, () => data))) await nextTurn()
    else await peer.drained()
  }
}
