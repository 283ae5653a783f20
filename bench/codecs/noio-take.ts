// noio-ws, to which the chunks are given.
import * as build from 'noio-ws'
import { noio } from './noio.js'

export default noio(build, 'take')
