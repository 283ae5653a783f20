// For the edge runtime: leaves the report where its host finds it.

import { run } from './program.js'

Object.assign(globalThis, { report: JSON.stringify(run()) })
