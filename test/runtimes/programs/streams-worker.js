// For workerd: a Worker whose test runs streams over TransformStreams, and over the native byte streams of workerd.

import { converse, pipes, vanish } from './streams.js'

export default {
  async test() {
    await converse(...pipes())
    await vanish(...pipes())
    const { IdentityTransformStream } = /** @type {any} */ (globalThis)
    await converse(...pipes(() => new IdentityTransformStream()))
    await vanish(...pipes(() => new IdentityTransformStream()))
    console.log('as it should be')
  },
}
