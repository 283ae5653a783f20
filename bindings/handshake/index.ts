// The public API of noio-ws/handshake. Knows nothing itself.

export { type AcceptOptions, acceptUpgrade, type UpgradeAcceptance, type UpgradeRequest } from './accept.js'
export type { ExtraHeaders, HeaderObject, HeaderSource } from './fields.js'
export {
  type ExtensionItem,
  formatExtensions,
  formatSubprotocols,
  parseExtensions,
  parseSubprotocols,
} from './grammar.js'
export {
  type HeadResult,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  RequestHeadReader,
  type RequestHeadResult,
  type ResponseHead,
  ResponseHeadReader,
  type ResponseHeadResult,
} from './heads.js'
export type { Agreement, NegotiatedOptions } from './negotiate.js'
export { type Answered, HandshakeError, type RequestCode, type ResponseCode } from './problems.js'
export type { HeadLimits } from './reader.js'
export {
  type RequestOptions,
  type ResponseRefusal,
  requestUpgrade,
  type UpgradeConfirmation,
  type UpgradeRequestToSend,
  type UpgradeResponse,
} from './request.js'
export type { ResponseParts, UpgradeRefusal } from './responses.js'
export type { Target } from './url.js'
