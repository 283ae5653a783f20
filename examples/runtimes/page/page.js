// @ts-check
// Shows the frame of what is typed, and what a server makes of it. No bundler: the page's import map finds the package.

import { Connection, Data } from 'noio-ws'

const input = /** @type {HTMLInputElement} */ (document.querySelector('input'))

/** @param {string} id @param {string} text */
function show(id, text) {
  const output = document.getElementById(id)
  if (output !== null) output.textContent = text
}

function update() {
  const frame = new Connection('CLIENT').send(new Data(input.value, 'text'))
  show('frame', Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join(' '))
  const server = new Connection('SERVER', { maxFrameSize: Number.POSITIVE_INFINITY })
  server.recv(frame)
  for (const message of server.messages()) show('message', `${message.type}: ${message.text()}`)
}

input.addEventListener('input', update)
update()
