// For runtimes with a terminal: runs the program and prints its report on one line.

import { run } from './program.js'

console.log(`report ${JSON.stringify({ ...run(), file: import.meta.resolve('noio-ws') })}`)
