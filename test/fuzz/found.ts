// Found inputs as files: hexadecimal, with what was found in comment lines, one file for each.
// Knows the folder's form; nothing of what an input means.

/** The text of a file. `notes`: lines for its reader. */
export function foundText(input: Uint8Array, notes: readonly string[]): string {
  const lines = notes.flatMap((note) => note.split('\n')).map((note) => `# ${note}\n`)
  return `${lines.join('')}${Buffer.from(input)
    .toString('hex')
    .replace(/.{1,64}/g, '$&\n')}`
}

/** The input that such a text holds. */
export function foundInput(text: string): Uint8Array {
  const hex = text.replace(/^#.*$/gm, '').replace(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/.test(hex))
    throw new Error('a file of found/ has bytes as hexadecimal, and lines that begin with #')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The name of its file: the same for the same input. */
export function foundName(input: Uint8Array): string {
  let sum = 0x811c9dc5
  for (const byte of input) sum = Math.imul(sum ^ byte, 0x01000193)
  return `${(sum >>> 0).toString(16).padStart(8, '0')}.hex`
}
