// Where noio-ws/ws is not as ws, and why: the list that docs/ws.md has. Whatever else differs fails the comparison.

export interface Difference {
  /** What ws does. */
  readonly ws: string
  /** What we do. */
  readonly ours: string
  readonly why: string
  /** The scenarios that show it; none where it is not of the kind that a trace shows. */
  readonly scenarios?: RegExp
  /** What every line that only one of the two traces has must be. */
  readonly lines?: RegExp
}

/** The connection goes on with one and ends with the other, or ends with another code. */
const ENDS_OTHERWISE = /^ {2}('message' |'error' |'close' |'ping' |frame close |frame pong |the stream ends)/

export const DIFFERENCES: readonly Difference[] = [
  {
    ws: 'Compresses in the background: `terminate()` behind `send()` drops the message, callbacks come later, and frames sent through `_sender.sendFrame` overtake it.',
    ours: 'Compresses at once: such a message is sent, and everything keeps its order. `concurrencyLimit` has no effect.',
    why: 'Messages that are sent in an order arrive in it.',
    scenarios: /^(server|client), perMessageDeflate.*: send, then|^users: engine\.io/,
    lines:
      /callback (send|late|ping) |The socket was closed while data was being compressed|frame text|inflated|bufferedAmount/,
  },
  {
    ws: 'Refuses `Sec-WebSocket-Protocol` and `Sec-WebSocket-Extensions` with an empty element in the list.',
    ours: 'Takes them.',
    why: 'RFC 6455 takes its lists from HTTP, where an element may be empty (RFC 9110 section 5.6.1).',
    scenarios: /^upgrade: (a list with|, permessage-deflate)/,
    lines: /HTTP\/1\.1|'headers'|'wsClientError'|clients|'close'|protocol .* extensions/,
  },
  {
    ws: "`binaryType = 'fragments'` gives a Buffer for each fragment, and an empty list for an empty message.",
    ours: 'Gives a list with one Buffer, which is the message.',
    why: 'Fragments are joined as they arrive, so that many small ones take no more memory than their bytes.',
    scenarios: /messages as fragments$/,
    lines: /'message' \[/,
  },
  {
    ws: 'Ends a connection with 1008 at 16,384 fragments, or 262,144 chunks, of one message.',
    ours: 'Has no such limits; `maxFragments` and `maxBufferedChunks` are taken and have no effect.',
    why: 'Memory is bounded by bytes, and honest peers send many fragments: Autobahn 9.3.1, 9.3.2, 9.4.1 and 9.4.2.',
    scenarios: /differs: more fragments than maxFragments$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: 'Writes each message by itself.',
    ours:
      'Writes what one read, or one turn of the event loop, makes a program send together. Until then `bufferedAmount` counts it. ' +
      'A buffer of more than 4 KiB must not be changed before its callback.',
    why: 'The write is most of what a message costs.',
  },
  {
    ws: 'Calls back without an error for a message that was on its way when the socket was destroyed.',
    ours: 'Calls back with `ERR_STREAM_DESTROYED`.',
    why: 'Nobody knows whether it has arrived.',
  },
  {
    ws: 'Terminates a connection at the 61st ping of one read, or of those whose pongs wait (`maxPendingAutoPongs`).',
    ours: 'Counts only pongs that a peer does not take.',
    why: 'A peer may send many pings at once, if it reads the answers.',
    scenarios: /differs: more pings at once than maxPendingAutoPongs$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: 'Keeps the socket of a request, for good, where `verifyClient`, `handleProtocols` or a listener of the server throws, or where its peer leaves before `verifyClient` has answered.',
    ours: 'Destroys it. The exception surfaces in the same way.',
    why: 'A mistake of the program costs one connection, and no memory.',
  },
  {
    ws: 'Notices text that is not UTF-8 when its message is complete.',
    ours: "Notices it with the first byte that is wrong, so that 'error' comes earlier.",
    why: 'A connection that has failed should take no more memory.',
    scenarios: /differs: text that is wrong at its beginning, in pieces$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: '`skipUTF8Validation: true` lets text through that is not UTF-8.',
    ours: 'Validates it all the same.',
    why: 'The codec validates text while it unmasks it, which costs next to nothing, and has no switch for it.',
    scenarios: /differs: text that is not UTF-8, with skipUTF8Validation$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: 'Takes a payload length in more bytes than it needs.',
    ours: 'Fails with 1002 and `WS_ERR_INVALID_PAYLOAD_LENGTH`.',
    why: 'RFC 6455 section 5.2: "the minimal number of bytes MUST be used".',
    scenarios: /differs: a length in more bytes than it needs$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: 'Takes a compressed message that ends in the middle of its data.',
    ours: 'Fails with 1007 and `Z_DATA_ERROR`.',
    why: 'The message is not what its sender compressed.',
    scenarios: /differs: a compressed message without its end$/,
    lines: ENDS_OTHERWISE,
  },
  {
    ws: '`dictionary` and `chunkSize` of `zlibDeflateOptions`, and `zlibInflateOptions`, are passed to zlib.',
    ours: '`level`, `memLevel` and `strategy` are used; the others have no effect.',
    why: 'They change what compression costs, not what is received.',
  },
  {
    ws: 'A listener that throws leaves the connection stuck, if the process goes on.',
    ours: 'The exception surfaces in the same way; the messages behind it are emitted in the next turn.',
    why: 'A mistake in one listener should not cost the messages after it.',
  },
  {
    ws: 'Exports `Receiver`, `PerMessageDeflate`, `extension` and `subprotocol`, and has members for its own use such as `_receiver`.',
    ours: 'Has `Sender` with `frame` and `sendFrame`, `_socket`, `_sender`, `_isServer` and `setSocket`.',
    why: 'Those are what programs use.',
  },
]
