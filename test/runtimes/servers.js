// Servers as child processes that print their port, and are stopped whatever happens. Knows no test.

import { spawn } from 'node:child_process'

/** @typedef {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} Server */

/**
 * Runs a server while `use` runs.
 *
 * @template T
 * @param {string} folder
 * @param {string} binary
 * @param {readonly string[]} args
 * @param {(server: Server) => Promise<T>} use
 */
export async function stopped(folder, binary, args, use) {
  const server = spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })
  try {
    return await use(server)
  } finally {
    server.kill('SIGKILL')
  }
}

/** The port that the server prints. @param {Server} server @returns {Promise<string>} */
export function portOf(server) {
  return new Promise((resolve, reject) => {
    let said = ''
    server.on('error', reject).on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
    server.stdout.on('data', (data) => {
      said += data
      const found = /port (\d+)\n/.exec(said)
      if (found !== null) resolve(found[1])
    })
  })
}
