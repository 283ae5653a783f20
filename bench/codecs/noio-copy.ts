// noio-ws, which only reads the chunks.
import { noio } from './noio.js'

export default noio('copy')
