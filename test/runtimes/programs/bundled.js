// The entry that bundlers are given: prints the report, and leaves it where a page's test finds it.

import { run } from './program.js'

const report = run()
Object.assign(globalThis, { report })
console.log(`report ${JSON.stringify(report)}`)
