// All scenarios, in the order of the table. Knows their files.

import type { Scenario } from '../scenario.js'
import { bombs } from './bombs.js'
import { cutByClients, cutByServer } from './cut-close.js'
import { faultyPrograms } from './faulty-programs.js'
import { floods } from './floods.js'
import { halfOpenUpgrades } from './half-open-upgrades.js'
import { idleCompressed, idleConnections } from './idle-connections.js'
import { killed } from './killed.js'
import { nothingLost } from './nothing-lost.js'
import { oneHugeRead } from './one-huge-read.js'
import { shutdown } from './shutdown.js'
import { slowReaders } from './slow-readers.js'
import { upgradeBytes } from './upgrade-bytes.js'
import { workers } from './workers.js'

export const SCENARIOS = [
  idleConnections,
  idleCompressed,
  slowReaders,
  ...floods,
  oneHugeRead,
  bombs,
  halfOpenUpgrades,
  ...killed,
  cutByClients,
  cutByServer,
  nothingLost,
  shutdown,
  ...faultyPrograms,
  workers,
  upgradeBytes,
] as unknown as readonly Scenario[]
