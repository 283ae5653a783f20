// @ts-check
// What the page may ask the server to send: reads a command, untrusted JSON, and makes its frames.
// Knows Data and opcode names; no connection, which decides whether a frame may be sent.

import { Data } from 'noio-ws'
import { CUSTOM_OPCODES } from './peer-log.js'

/**
 * @import { Bit } from 'noio-ws'
 * @import { Type } from './peer.js'
 * @typedef {Record<string, unknown>} Command
 */

const MAX_FRAGMENTS = 20
const MAX_BURST_MESSAGES = 100_000
const MAX_BURST_SIZE = 64 * 1024

/** The page sent something that is not a command; the message says what. */
export class CommandError extends Error {}

/** The frames of a command, in order, by its name. @type {Readonly<Record<string, (command: Command) => Data<Type>[]>>} */
const FRAMES = {
  text: (command) => [new Data(readText(command), 'text')],
  ping: (command) => [new Data(readText(command), 'ping')],
  fragments: (command) => fragments(readText(command), readNumber(command, 'count', 2, MAX_FRAGMENTS)),
  custom: (command) => [new Data(readText(command), readCustomType(command))],
  reserved: (command) => {
    const [rsv1, rsv2, rsv3] = ['rsv1', 'rsv2', 'rsv3'].map(
      (name) => /** @type {Bit} */ (command[name] === true ? 1 : 0),
    )
    return [new Data(readText(command), 'text', { rsv1, rsv2, rsv3 })]
  },
  close: (command) => {
    if (command.code === null) return [new Data(readText(command), 'close')]
    return [new Data(readText(command), 'close', { statusCode: readNumber(command, 'code', 0, 65535) })]
  },
}

/** The frames that a command asks for, or undefined where it asks for something else. @param {Command} command */
export function framesOf(command) {
  const name = readName(command)
  return Object.hasOwn(FRAMES, name) ? FRAMES[name](command) : undefined
}

/** @param {unknown} json @returns {Command} */
export function readCommand(json) {
  if (typeof json === 'object' && json !== null) return /** @type {Command} */ (json)
  throw new CommandError('A command is a JSON object.')
}

/** @param {Command} command */
export function readName({ name }) {
  if (typeof name === 'string') return name
  throw new CommandError('A command has a name.')
}

/** @param {Command} command */
export function readBurst(command) {
  const count = readNumber(command, 'count', 1, MAX_BURST_MESSAGES)
  return { count, size: readNumber(command, 'size', 1, MAX_BURST_SIZE) }
}

/** @param {Command} command @param {string} field @param {number} from @param {number} to */
function readNumber(command, field, from, to) {
  const value = command[field]
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value
  throw new CommandError(`${field} must be a whole number from ${from} to ${to}.`)
}

/** @param {Command} command */
function readText({ text }) {
  if (typeof text === 'string') return text
  throw new CommandError('text must be a string.')
}

/** @param {Command} command */
function readCustomType({ type }) {
  const names = { ...CUSTOM_OPCODES.nonControl, ...CUSTOM_OPCODES.control }
  if (typeof type === 'string' && Object.hasOwn(names, type)) return /** @type {keyof typeof names} */ (type)
  throw new CommandError(`type must be one of ${Object.keys(names).join(', ')}.`)
}

/** One text message in `count` frames. @param {string} text @param {number} count @returns {Data<Type>[]} */
function fragments(text, count) {
  const characters = Array.from(text)
  return Array.from({ length: count }, (_, i) => {
    const from = Math.round((i * characters.length) / count)
    const to = Math.round(((i + 1) * characters.length) / count)
    const piece = characters.slice(from, to).join('')
    return new Data(piece, i === 0 ? 'text' : 'continue', { fin: i === count - 1 })
  })
}
