// The memory map of the module and every constant that both sides of it share: offsets, bit masks, error numbers.
// Compiled by asc and by tsc alike, so plain untyped constants only; it knows no algorithm and no JavaScript object.
//
//        0 ┌──────────────────────────────┐
//          │ call block                   │ 64 B   what a call is given and gives back in addition to its arguments
//       64 ├──────────────────────────────┤
//          │ keys left                    │ 4 B    how many masking keys of the pool are not used yet
//       68 ├──────────────────────────────┤
//          │ (unused)                     │
//     1024 ├──────────────────────────────┤
//          │ tables                       │        static data of utf8.ts, placed here by asc (memoryBase)
//     4096 ├──────────────────────────────┤
//          │ event table                  │ 32 KiB one row of 16 B per frame, or piece of a frame, in the block
//    36864 ├──────────────────────────────┤
//          │ carry                        │ 64 B   a header begun in the last chunk, ending where the block begins
//    36928 ├──────────────────────────────┤
//          │ block                        │ 16 KiB bytes from the network; unmasked in place
//    53312 ├──────────────────────────────┤
//          │ slack                        │ 64 B   what is loaded beyond the block's end is not used
//    53376 ├──────────────────────────────┤
//          │ stage                        │ 32 KiB frames on their way out; masked in place
//    86144 ├──────────────────────────────┤
//          │ text                         │ 12 KiB a string as UTF-8, on its way to a frame
//    98432 ├──────────────────────────────┤
//          │ key pool                     │ 16 KiB masking keys that are not used yet
//   114816 ├──────────────────────────────┤
//          │ (unused)                     │
//   131072 └──────────────────────────────┘ 2 pages, never grown: growing would detach every view

// The call block. Its fields hold nothing between two calls.
export const CALL_REMAINING = 0 // f64: payload bytes of the frame in progress still to come; 0 between frames
export const CALL_MESSAGE_SIZE = 8 // f64: payload bytes declared so far by the frames of the message in progress
export const CALL_HEAD = 16 // i32: the first byte of the frame in progress, with HEAD_MASKED
export const CALL_KEY = 20 // i32: its masking key, turned so that the lowest byte is for the next payload byte
export const CALL_MESSAGE_OPCODE = 24 // i32: the opcode of the message in progress; 0 between messages
export const CALL_UTF8 = 28 // i32: state of the UTF-8 validator within that message, or UTF8_OFF
export const CALL_CONSUMED = 32 // i32: bytes of the block that were used up
export const CALL_INCOMPLETE = 36 // i32: 1 where the bytes left over are the beginning of a header

// The event table.
export const ROWS = 4096
export const ROW_SIZE = 16
export const ROW_START = 0 // i32: where the payload begins, from the start of the block
export const ROW_LENGTH = 4 // i32: payload bytes in this block
export const ROW_HEAD = 8 // i32: the frame's first byte and the HEAD_ flags below
export const ROW_ERROR = 12 // i32: an ERROR_ number in a row with HEAD_ERROR; its detail (f64) lies at ROW_START
export const ROW_CAPACITY = 2048
export const ROWS_END = 36864

// The block, and memory for what is sent.
export const BLOCK = 36928
export const BLOCK_SIZE = 16384
export const STAGE = 53376
export const STAGE_SIZE = 32768
export const TEXT = 86144
export const TEXT_SIZE = 12288
export const KEYS_LEFT = 64 // i32
export const KEYS = 98432
export const POOL_KEYS = 4096

// RFC 6455 section 5.2: the first byte of a frame.
export const HEAD_FIN = 0x80
export const HEAD_RSV = 0x70
export const HEAD_OPCODE = 0x0f
export const OPCODE_CONTINUE = 0
export const OPCODE_TEXT = 1
export const OPCODE_BINARY = 2
export const OPCODE_CLOSE = 8
export const OPCODE_PING = 9
export const OPCODE_PONG = 10
export const OPCODE_CONTROL = 8 // the bit that control frames have
// Flags above it, ours.
export const HEAD_MASKED = 0x100
export const HEAD_BEGINS = 0x200 // the frame's header is in this block
export const HEAD_ENDS = 0x400 // the frame's last payload byte is in this block
export const HEAD_ERROR = 0x800 // not a frame: the stream breaks a rule here
export const HEAD_ASCII = 0x1000 // text, and every byte of this row is below 0x80

// The second byte: the mask bit and the 7-bit length with its two escapes.
export const MASK_BIT = 0x80
export const LENGTH_BITS = 0x7f
export const LENGTH_16 = 126
export const LENGTH_64 = 127
export const MAX_LENGTH_7 = 125
export const MAX_LENGTH_16 = 65535
export const MAX_CONTROL_LENGTH = 125 // section 5.5
export const MAX_HEADER = 14

// What a connection allows its peer, packed into one argument.
// Bits 0 to 15: one for each registered opcode.
export const RULES_DATA = 0xfe // those of frames that begin a message
export const RULES_RSV_SHIFT = 16 // the RSV bits that must be 0, where HEAD_RSV has them, shifted by this
export const RULES_CLAIMED_SHIFT = 24 // the RSV bits that only the first frame of a message may have, shifted by this
export const RULES_NEED_MASK = 0x1000000
export const RULES_REFUSE_MASK = 0x2000000

// States of the UTF-8 validator: what the next byte must be. All but ACCEPT and REJECT are inside a character.
export const UTF8_ACCEPT = 0
export const UTF8_TAIL_1 = 1 // one more continuation byte
export const UTF8_TAIL_2 = 2
export const UTF8_TAIL_3 = 3
export const UTF8_AFTER_E0 = 4 // A0-BF, then one more
export const UTF8_AFTER_ED = 5 // 80-9F, then one more
export const UTF8_AFTER_F0 = 6 // 90-BF, then two more
export const UTF8_AFTER_F4 = 7 // 80-8F, then two more
export const UTF8_REJECT = 8
export const UTF8_OFF = 9 // the message in progress is not validated

// What can be wrong with a frame; bindings/model/errors.ts has the table of their codes, close codes and sentences.
export const ERROR_RSV = 1
export const ERROR_OPCODE = 2
export const ERROR_CONTROL_FRAGMENTED = 3
export const ERROR_NOTHING_TO_CONTINUE = 4
export const ERROR_MESSAGE_INTERRUPTED = 5
export const ERROR_NOT_MASKED = 6
export const ERROR_MASKED = 7
export const ERROR_CONTROL_LENGTH = 8
export const ERROR_LENGTH_TOP_BIT = 9
export const ERROR_LENGTH_NOT_MINIMAL = 10
export const ERROR_FRAME_SIZE = 11
export const ERROR_MESSAGE_SIZE = 12
export const ERROR_UTF8 = 13
export const ERROR_CLOSE_LENGTH = 14
export const ERROR_CLOSE_CODE = 15
export const ERROR_CLOSE_REASON = 16
export const ERROR_EXTENSION = 17
