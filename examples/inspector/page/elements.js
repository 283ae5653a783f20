// @ts-check
// Finds the page's elements, and says so where the page and its scripts do not fit together.
// Knows no element in particular.

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${type.name} with the id ${id}`)
}

/** @param {string} action @returns {HTMLFormElement} */
export function form(action) {
  const found = document.querySelector(`form[data-action=${action}]`)
  if (found instanceof HTMLFormElement) return found
  throw new Error(`the page has no form for ${action}`)
}

/**
 * @template {HTMLElement} T
 * @param {string} action
 * @param {string} name
 * @param {new () => T} type
 * @returns {T}
 */
export function formControl(action, name, type) {
  const found = form(action).elements.namedItem(name)
  if (found instanceof type) return found
  throw new Error(`the form for ${action} has no ${name}`)
}
