// What all servers of the benchmark in Node have in common: they say their port, and end by themselves.

import type { AddressInfo, Server } from 'node:net'

/** Longer than the longest run. */
const LIFETIME = 30 * 60_000

/** Listens on any free port of the loopback interface, and prints it. */
export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
  setTimeout(() => process.exit(), LIFETIME).unref()
}
