// The rows of the echo benchmark: payload size, frames in flight on each connection, connections; and the sizes of the
// other parts.
// Knows no server and no socket.

export interface Row {
  /** Bytes of a frame's payload. */
  readonly payload: number
  /** Frames that a connection has sent and not got back. */
  readonly inFlight: number
  readonly connections: number
}

/** Clients of the chat, each of which hears every message. */
export const CLIENTS = 200
/** Connections that are opened to be idle. */
export const IDLE = 10_000

const KIB = 1024
const PAYLOADS = [16, 125, KIB, 16 * KIB, 256 * KIB]
const IN_FLIGHT = [1, 64]
const CONNECTIONS = [1, 64, 1000]

/** Payload bytes in flight in all; what is above it measures memory, not servers. */
const MOST_IN_FLIGHT = 256 * KIB * KIB
export const LEFT_OUT = `combinations with more than ${MOST_IN_FLIGHT / KIB / KIB} MiB of payload in flight are left out`

export const ROWS: readonly Row[] = PAYLOADS.flatMap((payload) =>
  IN_FLIGHT.flatMap((inFlight) => CONNECTIONS.map((connections) => ({ payload, inFlight, connections }))),
).filter(({ payload, inFlight, connections }) => payload * inFlight * connections <= MOST_IN_FLIGHT)

/** The rows in which ws and noio-ws/ws are compared. */
export const WS_ROWS: readonly Row[] = ROWS.filter(({ connections }) => connections === 64)

/** What is looked at first: small frames, one and many at a time. */
export const QUICK_ROWS: readonly Row[] = ROWS.filter(
  ({ payload, connections }) => (payload === 16 || payload === KIB) && connections === 64,
)

/** How a row is written on the command line and in the results. */
export function nameOf({ payload, inFlight, connections }: Row): string {
  return `${payload}x${inFlight}x${connections}`
}

/** How a payload's size is shown. */
export function sizeOf(payload: number): string {
  return payload < KIB ? `${payload} B` : `${payload / KIB} KiB`
}
