// @ts-check
// Single-key shortcuts: a button says with data-key which key presses it; the dialog lists them all.
// Knows buttons and keys; not what a button does.

/** Keys that act on the list, for the dialog. */
const LIST_KEYS = [
  ['↑ ↓', 'Select a row'],
  ['PgUp PgDn', 'Select a row further away'],
  ['Home End', 'Select the first or last row'],
  ['Enter', 'From the list to the details'],
  ['Esc', 'Back to the list; in the list: select nothing'],
]

/**
 * @param {{ isOn: () => boolean, extra: Record<string, { what: string, act: () => void }>, dialog: HTMLDialogElement }} options
 */
export function listenToKeys({ isOn, extra, dialog }) {
  /** @type {Map<string, HTMLButtonElement>} */
  const buttons = new Map()
  for (const button of document.querySelectorAll('button')) {
    const { key } = button.dataset
    if (key === undefined) continue
    buttons.set(key, button)
    button.setAttribute('aria-keyshortcuts', key === ' ' ? 'Space' : key.toUpperCase())
    const kbd = document.createElement('kbd')
    kbd.textContent = nameOf(key)
    kbd.setAttribute('aria-hidden', 'true')
    button.append(' ', kbd)
  }
  fill(dialog, buttons, extra)
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (!isOn() || dialog.open || isTyping(event.target)) return
    if (event.key === ' ' && event.target instanceof HTMLElement && event.target.matches('button, input')) return
    const key = event.key.toLowerCase()
    const button = buttons.get(key)
    if (button === undefined && !Object.hasOwn(extra, key)) return
    event.preventDefault()
    if (button === undefined) extra[key].act()
    else button.click()
  })
}

/** @param {string} key */
const nameOf = (key) => (key === ' ' ? 'Space' : key.toUpperCase())

/** Whether keys are text, or change the value of the element. @param {EventTarget | null} target */
function isTyping(target) {
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio'].includes(target.type)
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Map<string, HTMLButtonElement>} buttons
 * @param {Record<string, { what: string }>} extra
 */
function fill(dialog, buttons, extra) {
  const entries = Array.from(buttons, ([key, button]) => [nameOf(key), button.dataset.what ?? ''])
  for (const [key, { what }] of Object.entries(extra)) entries.push([nameOf(key), what])
  const list = /** @type {HTMLElement} */ (dialog.querySelector('dl'))
  for (const [keys, what] of [...entries, ...LIST_KEYS]) {
    const pair = document.createElement('div')
    const dt = document.createElement('dt')
    const dd = document.createElement('dd')
    for (const key of keys.split(' ')) {
      const kbd = document.createElement('kbd')
      kbd.textContent = key
      dt.append(kbd)
    }
    dd.textContent = what
    pair.append(dt, dd)
    list.append(pair)
  }
}
