// Resumable validation of UTF-8 (RFC 3629): a byte-wise automaton at the edges, 16 bytes at a time in between.
// Knows bytes and one state number; nothing of frames or messages.

import {
  UTF8_ACCEPT,
  UTF8_AFTER_E0,
  UTF8_AFTER_ED,
  UTF8_AFTER_F0,
  UTF8_AFTER_F4,
  UTF8_REJECT,
  UTF8_TAIL_1,
  UTF8_TAIL_2,
  UTF8_TAIL_3,
} from './layout'

// The vector part is the lookup algorithm of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per
// Byte" (2020): each pair of neighbouring bytes is classified by three nibbles, and a bit that all three share is an
// error. One table row per nibble value, one bit per kind of error:
//   01 too short       a lead byte without a continuation byte after it
//   02 too long        a continuation byte after ASCII
//   04 overlong, 3     E0 80-9F
//   08 too large       F4 90-BF, F5-FF 90-BF
//   10 surrogate       ED A0-BF
//   20 overlong, 2     C0-C1
//   40 overlong, 4 or too large: F0 80-8F, F5-FF 80-8F
//   80 two continuation bytes, an error unless the lead byte before them asks for it
// They lie in memory, not in the code: engines keep vector constants in registers only when they are loaded.
const FIRST_HIGH = memory.data<u8>(
  [0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x80, 0x80, 0x80, 0x80, 0x21, 0x01, 0x15, 0x49],
  16,
)
const FIRST_LOW = memory.data<u8>(
  [0xe7, 0xa3, 0x83, 0x83, 0x8b, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xdb, 0xcb, 0xcb],
  16,
)
const SECOND_HIGH = memory.data<u8>(
  [0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xe6, 0xae, 0xba, 0xba, 0x01, 0x01, 0x01, 0x01],
  16,
)

/** What may come inside a character, by state: the lowest and the highest byte, and the state after it. */
const INSIDE = memory.data<u8>([
  0x80,
  0xbf,
  <u8>UTF8_ACCEPT, // UTF8_TAIL_1
  0x80,
  0xbf,
  <u8>UTF8_TAIL_1, // UTF8_TAIL_2
  0x80,
  0xbf,
  <u8>UTF8_TAIL_2, // UTF8_TAIL_3
  0xa0,
  0xbf,
  <u8>UTF8_TAIL_1, // UTF8_AFTER_E0
  0x80,
  0x9f,
  <u8>UTF8_TAIL_1, // UTF8_AFTER_ED
  0x90,
  0xbf,
  <u8>UTF8_TAIL_2, // UTF8_AFTER_F0
  0x80,
  0x8f,
  <u8>UTF8_TAIL_2, // UTF8_AFTER_F4
])

/** The state after `byte`, given the state before it, which is not UTF8_REJECT. */
function step(state: i32, byte: u32): i32 {
  if (state !== UTF8_ACCEPT) {
    const row = INSIDE + 3 * (state - UTF8_TAIL_1)
    return byte >= load<u8>(row) && byte <= load<u8>(row, 1) ? load<u8>(row, 2) : UTF8_REJECT
  }
  if (byte < 0x80) return UTF8_ACCEPT
  if (byte < 0xc2 || byte > 0xf4) return UTF8_REJECT
  if (byte < 0xe0) return UTF8_TAIL_1
  if (byte === 0xe0) return UTF8_AFTER_E0
  if (byte === 0xed) return UTF8_AFTER_ED
  if (byte < 0xf0) return UTF8_TAIL_2
  if (byte === 0xf0) return UTF8_AFTER_F0
  return byte === 0xf4 ? UTF8_AFTER_F4 : UTF8_TAIL_3
}

/**
 * The state after the `length` bytes at `at`. UTF8_REJECT as soon as no continuation of them could be valid, so a text
 * can be refused before it is complete (RFC 6455 section 8.1).
 */
export function validate(at: usize, length: u32, state: i32): i32 {
  const end = at + length
  while (state !== UTF8_ACCEPT) {
    if (at === end || state === UTF8_REJECT) return state
    state = step(state, load<u8>(at++))
  }
  if (end - at >= 16) {
    const stop = validVectors(at, end)
    if (stop === 0) return UTF8_REJECT
    at = stop
  }
  while (at < end) {
    state = step(state, load<u8>(at++))
    if (state === UTF8_REJECT) return state
  }
  return state
}

/**
 * Checks the whole vectors of [at, end), which begins at the first byte of a character. Returns where the last
 * character begins that they leave open, for the automaton to go on from, or 0 where they are not UTF-8.
 */
function validVectors(at: usize, end: usize): usize {
  const firstHigh = v128.load(FIRST_HIGH)
  const firstLow = v128.load(FIRST_LOW)
  const secondHigh = v128.load(SECOND_HIGH)
  const nibble = i8x16.splat(0x0f)
  const top = i8x16.splat(<i8>0x80)
  const from3 = i8x16.splat(0x60) // a byte of at least E0 keeps its top bit after this is subtracted
  const from4 = i8x16.splat(0x70) // likewise F0
  const begin = at
  let before = i8x16.splat(0)
  let error = i8x16.splat(0)
  let plain = true
  for (; end - at >= 16; at += 16) {
    const bytes = v128.load(at)
    const ascii = i8x16.bitmask(bytes) === 0
    if (!(ascii && plain)) {
      const back1 = i8x16.shuffle(before, bytes, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
      const back2 = i8x16.shuffle(before, bytes, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
      const back3 = i8x16.shuffle(before, bytes, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)
      const kinds = v128.and(
        v128.and(i8x16.swizzle(firstHigh, i8x16.shr_u(back1, 4)), i8x16.swizzle(firstLow, v128.and(back1, nibble))),
        i8x16.swizzle(secondHigh, i8x16.shr_u(bytes, 4)),
      )
      const continues = v128.and(v128.or(i8x16.sub_sat_u(back2, from3), i8x16.sub_sat_u(back3, from4)), top)
      error = v128.or(error, v128.xor(kinds, continues))
    }
    before = bytes
    plain = ascii
  }
  if (v128.any_true(error)) return 0
  // At most the last three bytes can belong to a character that is not complete.
  for (let back: usize = 1; back <= 3 && back <= at - begin; back++) {
    const byte = load<u8>(at - back)
    if (byte >= 0xc0) return at - back
    if (byte < 0x80) break
  }
  return at
}
