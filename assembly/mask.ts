// XOR of payload bytes with a masking key, in place (RFC 6455 section 5.3).
// Knows bytes and a key; nothing of frames, roles or connections.

/** The key for the byte that lies `count` bytes after the one that `key` begins with. */
export function rotateKey(key: u32, count: u32): u32 {
  return rotr<u32>(key, (count & 3) << 3)
}

/**
 * Masks or unmasks `length` bytes at `at`; the lowest byte of `key` goes to the first of them.
 * Returns whether one of the resulting bytes is above 0x7F.
 *
 * The tail is one vector (or double word) that overlaps the bytes before it. It is computed first, from bytes still as they
 * were, so nothing is masked twice and nothing beyond the payload is written.
 */
export function mask(at: usize, length: u32, key: u32): bool {
  if (length >= 16) {
    const wide = i32x4.splat(key)
    const last = at + length - 16
    const tail = v128.xor(v128.load(last), i32x4.splat(rotateKey(key, length)))
    let bits = tail
    // Four vectors a turn: a loop of one spends as much on itself as on them.
    while (at + 48 < last) {
      const a = v128.xor(v128.load(at), wide)
      const b = v128.xor(v128.load(at, 16), wide)
      const c = v128.xor(v128.load(at, 32), wide)
      const d = v128.xor(v128.load(at, 48), wide)
      v128.store(at, a)
      v128.store(at, b, 16)
      v128.store(at, c, 32)
      v128.store(at, d, 48)
      bits = v128.or(v128.or(bits, v128.or(a, b)), v128.or(c, d))
      at += 64
    }
    while (at < last) {
      const bytes = v128.xor(v128.load(at), wide)
      v128.store(at, bytes)
      bits = v128.or(bits, bytes)
      at += 16
    }
    v128.store(last, tail)
    return i8x16.bitmask(bits) !== 0
  }
  if (length >= 8) {
    const last = at + length - 8
    const tail = load<u64>(last) ^ twice(rotateKey(key, length))
    const bytes = load<u64>(at) ^ twice(key)
    store<u64>(at, bytes)
    store<u64>(last, tail)
    return ((tail | bytes) & twice(0x80808080)) !== 0
  }
  let bits: u32 = 0
  for (let end = at + length; at < end; at++) {
    const byte = load<u8>(at) ^ <u8>key
    store<u8>(at, byte)
    bits |= byte
    key = rotateKey(key, 1)
  }
  return bits > 0x7f
}

function twice(key: u32): u64 {
  return <u64>key | ((<u64>key) << 32)
}
