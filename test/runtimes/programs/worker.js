// For workerd: a Worker whose test is the program.

import { run } from './program.js'

export default {
  test() {
    console.log(`report ${JSON.stringify(run())}`)
  },
}
