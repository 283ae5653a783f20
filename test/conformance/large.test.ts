// The large messages of the conformance table put to the codec.

import { large } from './cases/large.js'
import { testChapters } from './chapters.js'

testChapters(large)
