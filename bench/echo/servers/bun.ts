// Bun's own WebSocket server.

interface Peer {
  send(message: string | Uint8Array): number
}

declare const Bun: {
  serve(options: {
    hostname: string
    port: number
    fetch(request: Request, server: { upgrade(request: Request): boolean }): Response | undefined
    websocket: Record<string, unknown> & { message(peer: Peer, message: string | Uint8Array): void }
  }): { port: number }
}

const LIFETIME = 30 * 60_000

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, upgrading) {
    return upgrading.upgrade(request) ? undefined : new Response(null, { status: 426 })
  },
  websocket: {
    perMessageDeflate: false,
    // Bun drops what is sent beyond its limit, and every frame must come back.
    backpressureLimit: 512 * 1024 * 1024,
    message(peer, message) {
      peer.send(message)
    },
  },
})

console.log(`port ${server.port}`)
setTimeout(() => process.exit(), LIFETIME)

export {}
