// noio-ws, to which the chunks are given.
import { noio } from './noio.js'

export default noio('take')
