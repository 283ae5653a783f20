// Deno's own WebSocket server.

interface Peer extends WebSocket {
  binaryType: 'arraybuffer'
}

declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    handler: (request: Request) => Response,
  ): void
  upgradeWebSocket(request: Request, options: { idleTimeout: number }): { socket: Peer; response: Response }
  exit(): never
}

const LIFETIME = 30 * 60_000

const options = {
  hostname: '127.0.0.1',
  port: 0,
  onListen: ({ port }: { port: number }) => console.log(`port ${port}`),
}

Deno.serve(options, (request) => {
  if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 })
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }) => socket.send(data)
  socket.onerror = () => {}
  return response
})

setTimeout(() => Deno.exit(), LIFETIME)

export {}
