// All scenarios that are compared, by table.

import type { Scenario } from './scene.js'
import { clients } from './table-client.js'
import { closes, controls, data, fragments } from './table-data.js'
import { endings } from './table-endings.js'
import { inside, listeners, states } from './table-listeners.js'
import { more } from './table-more.js'
import { given, receive } from './table-receive.js'
import { servers } from './table-server.js'
import { streams, users } from './table-stream.js'
import { upgrade } from './table-upgrade.js'

export const TABLES: Readonly<Record<string, readonly Scenario[]>> = {
  endings,
  data,
  fragments,
  controls,
  closes,
  receive,
  given,
  upgrade,
  servers,
  clients,
  listeners,
  inside,
  states,
  streams,
  users,
  more,
}
