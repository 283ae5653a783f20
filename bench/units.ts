// How measurements are written: two digits are more than most of them are good for. Knows numbers only.

const UNITS = [
  { name: 'ms', size: 1e6 },
  { name: 'µs', size: 1e3 },
  { name: 'ns', size: 1 },
]

function digits(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 20 })
}

/** A time with the unit that suits it. */
export function timeText(ns: number): string {
  const { name, size } = UNITS.find((unit) => ns >= unit.size) ?? UNITS[2]
  return `${digits(ns / size)} ${name}`
}

/** An amount of memory. */
export function bytesText(bytes: number): string {
  return bytes < 1024 ? `${digits(bytes)} B` : `${digits(bytes / 1024)} KiB`
}

/** A ratio, always with two digits. */
export function ratioText(value: number): string {
  return value < 10 ? Number(value.toPrecision(2)).toPrecision(2) : digits(value)
}

/** A number that is shown without its unit. */
export function numberText(value: number): string {
  return digits(value)
}
