// How much memory there is: the heap, buffers outside it and the module's linear memory, after a forced collection.
// Knows V8 and WebAssembly; nothing of connections.

/** In bytes. */
export interface Memory {
  readonly heap: number
  /** Buffers, linear memory included. */
  readonly external: number
  readonly rss: number
}

const instances: WebAssembly.Memory[] = []

/** Watches the modules that are instantiated from here on. Call it before the first Connection. */
export function watchModules(): void {
  const { Instance } = WebAssembly
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports)
      const { memory } = this.exports
      if (memory instanceof WebAssembly.Memory) instances.push(memory)
    }
  }
}

/** How many modules there are, and their linear memory together, in bytes. */
export function modules(): { count: number; linear: number } {
  return { count: instances.length, linear: instances.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) }
}

/** Memory in use once everything that nobody holds is gone. */
export async function memory(): Promise<Memory> {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('node must be run with --expose-gc')
  // Buffers are freed some time after the objects that held them.
  for (let times = 0; times < 3; times++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed, external, rss }
}

export function used({ heap, external }: Memory): number {
  return heap + external
}

/** Bytes for people: '12.3 MiB'. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** Prints rows under one another; numbers stand on the right. */
export function printRow(cells: readonly (string | number)[], widths: readonly number[]): void {
  const shown = cells.map((cell, i) => {
    const text = typeof cell === 'number' ? Math.round(cell).toLocaleString('en-US') : cell
    return typeof cell === 'number' || /^[\d.,-]+( \S+)?$/.test(text)
      ? text.padStart(widths[i])
      : text.padEnd(widths[i])
  })
  console.log(shown.join('  '))
}
