// The configurations of permessage-deflate that a browser's own WebSocket is put to, for the server and for the page.

const NAME = 'permessage-deflate'
const BOTH = { serverNoContextTakeover: true, clientNoContextTakeover: true }

/**
 * By path: the server's options, none where it does not compress, and what the browser must then call its extensions.
 *
 * @type {Readonly<Record<string, { options?: import('noio-ws/permessage-deflate').PermessageDeflateOptions, extensions: string }>>}
 */
export const CONFIGURATIONS = {
  '/none': { extensions: '' },
  '/default': { options: {}, extensions: NAME },
  '/everything': { options: { threshold: 0 }, extensions: NAME },
  '/no-takeover': {
    options: { ...BOTH, threshold: 0 },
    extensions: `${NAME}; server_no_context_takeover; client_no_context_takeover`,
  },
  '/small': {
    options: { serverMaxWindowBits: 9, clientMaxWindowBits: 10, threshold: 0 },
    extensions: `${NAME}; server_max_window_bits=9; client_max_window_bits=10`,
  },
  '/smallest': {
    options: { serverMaxWindowBits: 8, clientMaxWindowBits: 8, threshold: 0 },
    extensions: `${NAME}; server_max_window_bits=8; client_max_window_bits=8`,
  },
  '/smallest-no-takeover': {
    options: { ...BOTH, serverMaxWindowBits: 8, clientMaxWindowBits: 8, threshold: 0 },
    extensions: `${NAME}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8`,
  },
}
