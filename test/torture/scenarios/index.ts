// All scenarios, in the order of the table. Knows their files.

import type { Scenario } from '../scenario.js'
import { idleCompressed, idleConnections } from './idle-connections.js'

export const SCENARIOS = [idleConnections, idleCompressed] as unknown as readonly Scenario[]
