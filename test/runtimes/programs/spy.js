// Counts what happens to WebAssembly.Module and WebAssembly.Instance from here on; imported before the package, it tells
// how the package loaded its module. Knows nothing of the package.

/** Modules compiled and instances made by this program. */
export const loads = { compiled: 0, instances: 0 }

if (typeof WebAssembly !== 'undefined') {
  const { Module, Instance } = WebAssembly
  WebAssembly.Module = new Proxy(Module, {
    construct(target, given) {
      loads.compiled++
      return Reflect.construct(target, given)
    },
  })
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, given) {
      loads.instances++
      return Reflect.construct(target, given)
    },
  })
}
