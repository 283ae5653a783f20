// The proof that both ends speak WebSocket: Sec-WebSocket-Key and Sec-WebSocket-Accept (RFC 6455 sections 4.1, 4.2.2).
// Knows their values, and no header.

import { sha1 } from '@noble/hashes/legacy.js'
import { latin1 } from './characters.js'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

/** A new key: 16 bytes of the platform's cryptographically strong source of random numbers, in base64. */
export function newKey(): string {
  return base64(crypto.getRandomValues(new Uint8Array(16)))
}

/** Whether a request's key is one: the base64 of 16 bytes, which is 22 characters and `==`. */
export function isKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==')) return false
  for (let i = 0; i < 22; i++) {
    const code = key.charCodeAt(i)
    const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
    if (!letter && !(code >= 0x30 && code <= 0x39) && code !== 0x2b && code !== 0x2f) return false
  }
  return true
}

/** The Sec-WebSocket-Accept for a key: RFC 6455 section 4.2.2, step 5.4. */
export function acceptFor(key: string): string {
  return base64(sha1(latin1(key + GUID)))
}
