// Text as UTF-8, and back.
// Knows no frame.

const encoder = new TextEncoder()
// A byte order mark is part of the text; RFC 6455 gives it no meaning.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** UTF-8 as text; bytes that are not UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
