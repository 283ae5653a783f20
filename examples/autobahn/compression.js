// @ts-check
// permessage-deflate as both endpoints negotiate it: whatever the suite asks for, and every message compressed.
// Knows the backends by name; nothing of connections.

import { permessageDeflate } from 'noio-ws/permessage-deflate'
import { nodeZlib } from 'noio-ws/permessage-deflate/node'

/** @param {string} backend 'pako' or 'node'. */
export function compression(backend) {
  if (backend !== 'pako' && backend !== 'node') throw new RangeError(`no backend ${backend}; there are pako and node`)
  return permessageDeflate({ threshold: 0, backend: backend === 'node' ? nodeZlib : undefined })
}
