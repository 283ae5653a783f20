// The smoke program and the further entry points with the package as it is installed here, and a report of how the module was loaded.
// Knows no platform.

// After the spy, which is to see all that the package does.
import * as library from 'noio-ws'
import { PARTS } from './entries.js'
import { smoke } from './smoke.js'
import { loads } from './spy.js'

/** @param {WebAssembly.Module} [module] Given to initialise(), where there is one. */
export function run(module) {
  const report = { parts: 0, onImport: loads.compiled + loads.instances, error: '' }
  try {
    if (module !== undefined) library.initialise(module)
    report.parts = smoke(library)
    for (const part of PARTS) {
      part()
      report.parts++
    }
  } catch (error) {
    report.error = String(error)
  }
  return { ...report, ...loads }
}
