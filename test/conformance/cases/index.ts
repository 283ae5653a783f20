// The whole conformance table, chapter by chapter.

import type { Chapter } from '../case.js'
import { closing } from './closing.js'
import { control } from './control.js'
import { fragmentation } from './fragmentation.js'
import { framing } from './framing.js'
import { large } from './large.js'
import { limits } from './limits.js'
import { unicode } from './utf8.js'

/** All but the large messages. */
export const SMALL: readonly Chapter[] = [...framing, ...control, ...fragmentation, ...unicode, ...closing, ...limits]

export const CHAPTERS: readonly Chapter[] = [...SMALL, ...large]
