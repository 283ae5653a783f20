// Runs a script of the benchmark in another Node: --node, which every one of them takes. All that the script starts, and
// all it says of its Node, is then that one's. Knows no benchmark.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The repository: this file runs in build/bench. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The argument of --node, and the other arguments. */
function taken(args: readonly string[]): { node: string | undefined; rest: string[] } {
  const rest = args.slice()
  const at = rest.findIndex((arg) => arg === '--node' || arg.startsWith('--node='))
  if (at === -1) return { node: undefined, rest }
  const [given] = rest.splice(at, 1)
  return { node: given === '--node' ? (rest.splice(at, 1)[0] ?? '') : given.slice('--node='.length), rest }
}

/** The binary that --node means: of a version, as `npm run test:runtimes` gets it; or the one at a path. */
async function binaryOf(node: string): Promise<string> {
  if (/^\d+(\.\d+){0,2}$/.test(node)) {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Error(`--node: ${node} can be got for Linux on x64 only; give the path of a binary`)
    }
    const tools = (await import(pathToFileURL(join(ROOT, 'test/runtimes/tools.js')).href)) as {
      node(version: string): Promise<string>
    }
    return tools.node(node)
  }
  if (node === '') throw new Error('--node: give the path of a binary, or a version such as 24')
  // npm runs scripts in the project's folder, and tells where it was called.
  const path = resolve(process.env.INIT_CWD ?? '.', node)
  if (!existsSync(path)) throw new Error(`--node: there is no ${path}; give a binary, or a version such as 24`)
  return path
}

/** Whether --node was given: then the script has been run in that Node, and this process has nothing left to do. */
export async function ranInOtherNode(): Promise<boolean> {
  const { node, rest } = taken(process.argv.slice(2))
  if (node === undefined) return false
  try {
    const child = spawn(await binaryOf(node), [process.argv[1], ...rest], { stdio: 'inherit' })
    const stop = () => void child.kill()
    process.on('SIGTERM', stop).on('SIGINT', stop)
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject).on('exit', (code) => resolve(code ?? 1))
    })
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
  return true
}
