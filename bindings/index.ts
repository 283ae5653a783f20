// The public API of noio-ws. Knows nothing itself.

export { Connection } from './connection.js'
export { type Bit, Data, type DataOptions } from './data.js'
export { LocalProtocolError, RemoteProtocolError } from './errors.js'
export {
  type Extension,
  ExtensionError,
  type ExtensionNegotiator,
  type ExtensionParameters,
} from './extension.js'
export { Information } from './information.js'
export { initialise } from './initialise.js'
export { Message } from './message.js'
export type { BuiltInType } from './opcodes.js'
export type { ConnectionOptions, Delivery, Ownership, Role } from './settings.js'
