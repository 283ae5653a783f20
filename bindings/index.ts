// The public API of noio-ws. Knows nothing itself.

export { Connection } from './connection.js'
export { initialise } from './memory/initialise.js'
export { type Bit, Data, type DataOptions } from './model/data.js'
export { LocalProtocolError, RemoteProtocolError } from './model/errors.js'
export { Information } from './model/information.js'
export { Message } from './model/message.js'
export type { BuiltInType } from './model/opcodes.js'
export {
  type Extension,
  ExtensionError,
  type ExtensionNegotiator,
  type ExtensionParameters,
} from './options/extension.js'
export type { ConnectionOptions, Delivery, Ownership, Role } from './options/settings.js'
