// noio-copy with the build of another checkout, for --against.
import { noio, otherBuild } from './noio.js'

export default noio(await otherBuild(), 'copy')
