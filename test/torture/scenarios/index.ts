// All scenarios, in the order of the table. Knows their files.

import type { Scenario } from '../scenario.js'
import { bombs } from './bombs.js'
import { floods } from './floods.js'
import { halfOpenUpgrades } from './half-open-upgrades.js'
import { idleCompressed, idleConnections } from './idle-connections.js'
import { oneHugeRead } from './one-huge-read.js'
import { slowReaders } from './slow-readers.js'

export const SCENARIOS = [
  idleConnections,
  idleCompressed,
  slowReaders,
  ...floods,
  oneHugeRead,
  bombs,
  halfOpenUpgrades,
] as unknown as readonly Scenario[]
