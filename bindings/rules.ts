// Rules: what a connection allows its peer, in the numbers that the module takes.
// Knows no option; settings.ts makes rules of those.

import { RULES_NEED_MASK, RULES_REFUSE_MASK } from '../assembly/layout.js'

/** What a connection allows its peer. */
export interface Rules {
  /** RULES_ bits of assembly/layout.ts. */
  readonly bits: number
  /** Payload bytes, or Infinity. */
  readonly maxFrameSize: number
  /** Payload bytes, or Infinity. */
  readonly maxMessageSize: number
}

/** RULES_ bits for masking: a server's peer must mask, a client's must not (RFC 6455 section 5.1). */
export function maskingBits(role: 'CLIENT' | 'SERVER', acceptUnmasked: boolean): number {
  if (role === 'CLIENT') return RULES_REFUSE_MASK
  return acceptUnmasked ? 0 : RULES_NEED_MASK
}
