// noio-ws, which only reads the chunks.
import * as build from 'noio-ws'
import { noio } from './noio.js'

export default noio(build, 'copy')
