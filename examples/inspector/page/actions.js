// @ts-check
// The panel of actions: what each form and button has the browser or the server do.
// Knows the link and the commands; not what comes of them, which the list shows.

import { burstFromBrowser, burstFromServer } from './burst.js'
import { element, form, formControl } from './elements.js'
import { command } from './feed.js'
import { exactBytes } from './format.js'

/**
 * @import { Hello } from '../session.js'
 * @import { Link } from './link.js'
 * @typedef {() => Promise<string | undefined | void>} Act A string says why it was not done.
 */

/** What a raw peer's scenarios break. */
const GROUPS = {
  protocol: 'Breaks the protocol',
  compression: 'Breaks permessage-deflate',
  allowed: 'Unusual, but allowed',
}

/** What the server can do goes into the panel. @param {Hello} hello */
export function offerChoices({ opcodes, scenarios }) {
  const custom = { ...opcodes.nonControl, ...opcodes.control }
  const names = Object.entries(custom).map(([name, opcode]) => new Option(`${name} (${opcode})`, name))
  formControl('custom', 'type', HTMLSelectElement).replaceChildren(...names)
  const groups = Object.entries(GROUPS).map(([kind, title]) => {
    const group = document.createElement('optgroup')
    group.label = title
    for (const { id, label } of scenarios.filter((one) => one.kind === kind)) group.append(new Option(label, id))
    return group
  })
  formControl('raw', 'scenario', HTMLSelectElement).replaceChildren(...groups)
}

/** @param {Link} link @param {(sentence: string) => void} say */
export function listenToActions(link, say) {
  /** @param {HTMLButtonElement | null} button @param {Act} act */
  async function run(button, act) {
    // Not disabled in earnest: that would take the focus away while the browser reconnects.
    if (button?.getAttribute('aria-disabled') === 'true') return say('The browser is not connected.')
    say('')
    const refusal = await act()
    if (refusal !== undefined) say(refusal)
  }

  for (const [action, act] of Object.entries({ ...linkActions(link, say), ...SERVER_ACTIONS })) {
    form(action).addEventListener('submit', (event) => {
      event.preventDefault()
      void run(form(action).querySelector('button'), act)
    })
  }
  for (const [id, act] of Object.entries(buttonActions(link))) {
    const button = element(id, HTMLButtonElement)
    button.addEventListener('click', () => void run(button, act))
  }
}

/** @param {Link} link @param {(sentence: string) => void} say @returns {Record<string, Act>} */
function linkActions(link, say) {
  return {
    text: async () => link.send(fieldOf('text', 'text')),
    binary: async () => link.send(pattern(Number(fieldOf('binary', 'size')))),
    large: async () => {
      const size = Number(fieldOf('large', 'size'))
      link.send(pattern(size))
      say(`The browser sends ${exactBytes(size)}, in frames of its own choice.`)
    },
    // The switch holds for the raw peer too, which is another client of the same server.
    raw: () => command('raw', { scenario: fieldOf('raw', 'scenario'), deflate: link.deflates }),
  }
}

/** @type {Readonly<Record<string, Act>>} */
const SERVER_ACTIONS = {
  serverText: () => command('text', { text: fieldOf('serverText', 'text') }),
  fragments: () =>
    command('fragments', { text: fieldOf('serverText', 'text'), count: Number(fieldOf('fragments', 'count')) }),
  ping: () => command('ping', { text: fieldOf('ping', 'text') }),
  custom: () => command('custom', { type: fieldOf('custom', 'type'), text: 'a custom opcode' }),
  reserved: () => {
    const bits = ['rsv1', 'rsv2', 'rsv3'].map((name) => [name, fieldOf('reserved', name) === 'on'])
    return command('reserved', { ...Object.fromEntries(bits), text: 'reserved bits are on' })
  },
}

/** @param {Link} link @returns {Record<string, Act>} */
function buttonActions(link) {
  const burstSize = element('burst-size', HTMLSelectElement)
  const code = element('close-code', HTMLInputElement)
  const reason = element('close-reason', HTMLInputElement)
  const chosenCode = () => (code.value.trim() === '' ? undefined : Number(code.value))
  return {
    'burst-in': () => burstFromBrowser(link, Number(burstSize.value)),
    'burst-out': () => burstFromServer(Number(burstSize.value)),
    'close-browser': async () => link.close(chosenCode(), reason.value),
    'close-server': () => command('close', { code: chosenCode() ?? null, text: reason.value }),
  }
}

/** @param {string} action @param {string} name */
const fieldOf = (action, name) => String(new FormData(form(action)).get(name) ?? '')

/** @param {number} size */
function pattern(size) {
  return Uint8Array.from({ length: size }, (_, i) => i & 0xff)
}
