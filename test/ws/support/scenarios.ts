// All scenarios that are compared. Each table is a file.

import type { Scenario } from './scene.js'
import { closes, controls, data, fragments } from './table-data.js'
import { endings } from './table-endings.js'

export const SCENARIOS: readonly Scenario[] = [...endings, ...data, ...fragments, ...controls, ...closes]
