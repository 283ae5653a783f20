// graphql-ws: a query and a subscription. Prints what happens; run.js compares it with ws and with noio-ws/ws.

import { once } from 'node:events'
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Q', fields: { hello: { type: GraphQLString, resolve: () => 'world' } } }),
  subscription: new GraphQLObjectType({
    name: 'S',
    fields: {
      greet: {
        type: GraphQLString,
        subscribe: async function* () {
          for (const hi of ['Hi', 'Bonjour', 'Hola']) yield { greet: hi }
        },
      },
    },
  }),
})
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql' })
const d = useServer(
  {
    schema,
    onConnect: () => {
      console.log('connect')
    },
    onDisconnect: (_c, code, reason) => {
      console.log('disconnect', code, reason)
      wss.emit('disconnected')
    },
  },
  wss,
)
wss.on('listening', async () => {
  const client = createClient({
    url: `ws://127.0.0.1:${wss.address().port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  const run = (query) =>
    new Promise((resolve, reject) => {
      const out = []
      client.subscribe(
        { query },
        { next: (x) => out.push(JSON.stringify(x)), error: reject, complete: () => resolve(out) },
      )
    })
  console.log(await run('{ hello }'))
  console.log(await run('subscription { greet }'))
  const disconnected = once(wss, 'disconnected')
  await client.dispose()
  await disconnected
  await d.dispose()
  console.log('disposed')
  process.exit()
})
