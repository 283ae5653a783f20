// The WebSocket that Chromium has, against the package in a server of Node's: every way to compress.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { page } from './browser.js'
import { portOf, stopped } from './servers.js'
import { node } from './tools.js'

/** @import { Row } from './run.js' */

/** @type {readonly Row[]} */
export const WEBSOCKETS = [
  {
    name: 'chromium-websocket',
    needs: ['chromium', 'node-22'],
    loaded: 'against its own WebSocket',
    run: async (folder) => {
      const head = '<meta charset="utf-8"><title>noio-ws</title><link rel="icon" href="data:,">'
      writeFileSync(
        join(folder, 'index.html'),
        `<!doctype html>${head}<script type="module" src="/browser-page.js"></script>`,
      )
      return stopped(folder, await node('22'), ['browser-server.js'], async (child) =>
        page(folder, undefined, `/#${await portOf(child)}`),
      )
    },
  },
]
