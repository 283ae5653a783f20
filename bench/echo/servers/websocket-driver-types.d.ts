// As much of websocket-driver's types as this benchmark needs; the package has none.

declare module 'websocket-driver' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export interface Driver {
    readonly io: Duplex
    readonly messages: Duplex
    start(): boolean
  }
  const websocket: { http(request: IncomingMessage): Driver }
  export default websocket
}
