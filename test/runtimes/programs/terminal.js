// For runtimes with a terminal: runs the program and prints its report on one line. Compresses with node:zlib too, which
// all of these have.

import { nodeZlib } from 'noio-ws/permessage-deflate/node'
import { deflate } from './entries.js'
import { run } from './program.js'

const report = run()
if (report.error === '') deflate({ backend: nodeZlib })
console.log(`report ${JSON.stringify({ ...report, file: import.meta.resolve('noio-ws') })}`)
