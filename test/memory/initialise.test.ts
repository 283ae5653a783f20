// A module that the caller compiled: taken before first use, checked, and not needed afterwards.

import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { Connection, Data, initialise } from '../../bindings/index.js'

/** A module without anything in it. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

it('takes a compiled module of this package, and only that', () => {
  expect(() => initialise({} as WebAssembly.Module)).toThrow(TypeError)
  expect(() => initialise(new WebAssembly.Module(EMPTY))).toThrow(
    new TypeError('the WebAssembly.Module is not that of noio-ws/codec.wasm'),
  )
  const module = new WebAssembly.Module(readFileSync(new URL('../../build/codec.wasm', import.meta.url)))
  const compile = vi.spyOn(WebAssembly, 'Module')
  initialise(module)
  expect(new Connection('SERVER').send(new Data('Hello', 'text'))).toHaveLength(7)
  // Ready already, so whatever it is given is not looked at.
  initialise({} as WebAssembly.Module)
  expect(compile).not.toHaveBeenCalled()
  compile.mockRestore()
})
