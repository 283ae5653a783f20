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

/** Up to this many bytes of ASCII are put together faster here than by the platform's decoder. */
export const SHORT_ASCII = 32

/** Bytes `start` to `end`, all of them below 0x80, as text. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  const of = String.fromCharCode
  let text = ''
  let i = start
  for (; i + 8 <= end; i += 8) {
    text += of(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
    )
  }
  if (i + 4 <= end) {
    text += of(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3])
    i += 4
  }
  for (; i < end; i++) text += of(bytes[i])
  return text
}
