// What a request line, a status line and a field line may be (RFC 9112 sections 3, 4 and 5).
// Knows one line at a time, without its end.

import { isBlank, isFieldValue, isToken, isVisible, show, trimBlanks } from './characters.js'
import { Problem, type RequestCode, type ResponseCode } from './problems.js'

const SCHEMES = ['http://', 'https://', 'ws://', 'wss://']

/** method SP request-target SP HTTP-version: RFC 9112 section 3. */
export function readRequestLine(line: string): { method: string; url: string } {
  const parts = line.split(' ')
  if (parts.length !== 3) {
    throw new Problem(
      'ERR_REQUEST_LINE',
      `request line ${show(line)}`,
      'it is a method, a target and HTTP/1.1, one space apart',
    )
  }
  const [method, url, version] = parts
  if (!isToken(method)) throw new Problem('ERR_REQUEST_LINE', `method ${show(method)}`, 'it must be a token')
  checkTarget(url)
  // A fragment is never sent.
  if (!isVisible(url) || url.includes('#')) throw wrongTarget(url)
  checkVersion(version, 'ERR_REQUEST_LINE', 'ERR_REQUEST_HTTP_VERSION')
  return { method, url }
}

/** RFC 9112 sections 3.2.1 and 3.2.2; the other forms are CONNECT's and OPTIONS's. */
export function checkTarget(url: string): void {
  if (!url.startsWith('/') && !isAbsolute(url)) throw wrongTarget(url)
}

/** Whether a request target is in absolute form: a URL. */
export function isAbsolute(url: string): boolean {
  return SCHEMES.some((scheme) => url.toLowerCase().startsWith(scheme))
}

function wrongTarget(url: string): Problem<RequestCode> {
  const allowed = 'it must be a path or an absolute URL, in visible ASCII'
  return new Problem('ERR_REQUEST_LINE', `request target ${show(url)}`, allowed)
}

/** HTTP-version SP status-code SP [ reason-phrase ]: RFC 9112 section 4. */
export function readStatusLine(line: string): { status: number; statusText: string } {
  const [version, digits] = line.split(' ', 2)
  const statusText = line.slice(version.length + 1 + (digits?.length ?? 0) + 1)
  if (digits === undefined || line[version.length + 1 + digits.length] !== ' ') {
    throw new Problem(
      'ERR_RESPONSE_LINE',
      `status line ${show(line)}`,
      'it is HTTP/1.1, a status code and a reason, one space apart',
    )
  }
  checkVersion(version, 'ERR_RESPONSE_LINE', 'ERR_RESPONSE_HTTP_VERSION')
  const status = digits.length === 3 && isDigits(digits) ? Number(digits) : 0
  if (status < 100 || status > 599) {
    throw new Problem('ERR_RESPONSE_LINE', `status code ${show(digits)}`, '100 to 599 are allowed')
  }
  if (!isFieldValue(statusText)) {
    throw new Problem(
      'ERR_RESPONSE_LINE',
      `reason phrase ${show(statusText)}`,
      'blanks and visible characters are allowed',
    )
  }
  return { status, statusText }
}

/** HTTP/1.1 in the form that section 2.3 has, in capitals; another version in that form is one, all else is none. */
function checkVersion(version: string, malformed: RequestCode | ResponseCode, other: RequestCode | ResponseCode): void {
  if (version === 'HTTP/1.1') return
  const form = version.length === 8 && version.startsWith('HTTP/') && version[6] === '.'
  const code = form && isDigits(version[5]) && isDigits(version[7]) ? other : malformed
  throw new Problem(code, `HTTP version ${show(version)}`, 'it must be HTTP/1.1')
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text[i] < '0' || text[i] > '9') return false
  return text !== ''
}

/** field-name ":" OWS field-value OWS: RFC 9112 section 5. */
export function readField(line: string, code: RequestCode | ResponseCode): { name: string; value: string } {
  // Section 5.2: a line that begins with a blank continued the one before it, once.
  if (isBlank(line.charCodeAt(0))) {
    throw new Problem(code, 'a header line begins with a blank', 'fields are not folded: each has one line')
  }
  const colon = line.indexOf(':')
  if (colon < 0) throw new Problem(code, `header line ${show(line)} has no colon`, 'it is a name, a colon and a value')
  const name = line.slice(0, colon)
  // Section 5.1: no blank before the colon either.
  if (!isToken(name)) throw new Problem(code, `header name ${show(name)}`, 'it must be a token, followed by its colon')
  const value = trimBlanks(line.slice(colon + 1))
  if (!isFieldValue(value)) {
    throw new Problem(code, `header ${name} is ${show(value)}`, 'blanks and visible characters are allowed')
  }
  return { name, value }
}
