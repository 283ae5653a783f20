// The published entry point: the core that it uses is the one that its user imports, so that instanceof holds.

import { Connection, RemoteProtocolError } from 'noio-ws'
import * as built from 'noio-ws/handshake'
import { expect, it } from 'vitest'
import * as source from '../../bindings/handshake/index.js'
import { requestFields, text } from './samples.js'

it('has what the source has', () => {
  expect(Object.keys(built).sort()).toEqual(Object.keys(source).sort())
})

it('fails with an error of the core', () => {
  const result = built.requestUpgrade('ws://a').verify({ status: 404, headers: {} })
  if (result.ok) throw new Error('verified')
  expect(result.error).toBeInstanceOf(RemoteProtocolError)
  expect(result.error).toBeInstanceOf(built.HandshakeError)
})

it('accepts, and its options are those of a connection', () => {
  const result = built.acceptUpgrade({ method: 'GET', headers: requestFields() })
  if (!result.ok) throw new Error(result.reason)
  expect(text(result.responseBytes)).toMatch(/^HTTP\/1\.1 101 /)
  expect(new Connection('SERVER', { ...result.connectionOptions }).state).toBe('OPEN')
})
