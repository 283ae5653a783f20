// What nextEvent answers where there is no message to give. Knows no connection.

/** Answers of {@link Connection.nextEvent} that are not a message; compare with `===`. */
export const Information = Object.freeze({
  /** Nothing is ready: give the connection more bytes. */
  NEED_DATA: 'NEED_DATA',
  /** The peer sent a close frame: send one too (its {@link Message.response} is one), then end the transport. */
  SEND_CLOSE: 'SEND_CLOSE',
  /** The connection is over: no event will follow, nothing may be sent. */
  CONNECTION_CLOSED: 'CONNECTION_CLOSED',
} as const)

export type Information = (typeof Information)[keyof typeof Information]
