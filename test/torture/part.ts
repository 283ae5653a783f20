// The process of a part: `part.js SCENARIO PART TARGET`, started by processes.ts, which calls what the part offers.
// Knows the channel; nothing of what the part does.

import { load, type Target } from './engine.js'
import type { Answer, Call } from './processes.js'
import type { Handlers } from './scenario.js'
import { SCENARIOS } from './scenarios/index.js'
import { questions, watch } from './watch.js'

const [, , scenarioName, partName = '', target] = process.argv
const part = SCENARIOS.find(({ name }) => name === scenarioName)?.parts[partName]
if (part === undefined) throw new Error(`there is no part ${partName} in ${scenarioName}`)

watch()
let handlers: Handlers = {
  ...questions,
  start: async (argument: unknown) => {
    handlers = { ...handlers, ...(await part(await load(target as Target), argument)) }
  },
}

process.on('message', async ({ id, name, args }: Call) => {
  const answer = (rest: object) => {
    if (process.connected) process.send?.({ id, ...rest } satisfies Answer)
  }
  try {
    const value = await handlers[name]?.(...args)
    answer({ value })
  } catch (error) {
    answer({ error: error instanceof Error ? `${error.stack}` : String(error) })
  }
})
// The process that started it is gone.
process.on('disconnect', () => process.exit())
