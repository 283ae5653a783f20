// The options of shutdown(), their defaults and checks. Knows no server.

import { checkOptions } from '../base/options.js'

/** How a server ends. */
export interface ShutdownOptions {
  /** The status code for the clients. Default 1001, "going away". */
  code?: number | undefined
  /** The reason for the clients. Default none. */
  reason?: string | undefined
  /** How long they may take to close, in ms. Default 10,000. */
  timeout?: number | undefined
}

const GOING_AWAY = 1001
const TIMEOUT = 10_000

/** Checks the options; TypeError or RangeError where one is wrong. */
export function readShutdown(
  options: ShutdownOptions,
): Required<{ [K in keyof ShutdownOptions]: NonNullable<ShutdownOptions[K]> }> {
  checkOptions(options, ['code', 'reason', 'timeout'])
  const { code = GOING_AWAY, reason = '', timeout = TIMEOUT } = options
  if (typeof timeout !== 'number') throw new TypeError(`timeout must be a number of ms, not ${typeof timeout}`)
  if (!(timeout >= 0 && timeout < 2 ** 31)) throw new RangeError(`timeout is ${timeout}; it is 0 to 2^31 - 1 ms`)
  return { code, reason, timeout }
}
