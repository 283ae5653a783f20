// noio-ws/ws/register: `node --import noio-ws/ws/register program.js` gives a whole program noio-ws/ws where it asks for ws,
// its dependencies included. Knows how Node resolves modules; nothing of WebSockets.

import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const NAME = 'ws'
const url = import.meta.resolve('noio-ws/ws')

type Resolved = { url: string; format?: string; shortCircuit?: boolean }
type Resolve = (
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Resolved,
) => Resolved
type Registers = { registerHooks?(hooks: { resolve: Resolve }): unknown }

const { registerHooks } = module as unknown as Registers
if (registerHooks) {
  // Node 22.15 and later: for import and require alike.
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === NAME ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
  })
} else {
  const hooks = `export const resolve = (specifier, context, next) => specifier === ${JSON.stringify(NAME)}
    ? { url: ${JSON.stringify(url)}, format: 'module', shortCircuit: true } : next(specifier, context)`
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`)
  // What `require` asks, in these versions.
  const loader = module.Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string }
  const resolveFilename = loader._resolveFilename
  const file = fileURLToPath(url)
  loader._resolveFilename = function resolve(request, ...rest) {
    return request === NAME ? file : resolveFilename.call(this, request, ...rest)
  }
}
