// A certificate for this machine, signed by itself, in the DER of X.509 (RFC 5280). For tests with TLS.

import { generateKeyPairSync, sign } from 'node:crypto'

/** A value with its tag and its length in front. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const size = value.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...length), value])
}

const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const text = (tag: number, value: string) => der(tag, Buffer.from(value))
const object = (...bytes: number[]) => der(0x06, Uint8Array.from(bytes))
const TRUE = der(0x01, Uint8Array.of(0xff))
const ECDSA_WITH_SHA256 = sequence(object(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

/** The key and the certificate of 'localhost' and 127.0.0.1 as PEM. Valid until 2049; the key is nobody else's. */
export function certificate(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(der(0x31, sequence(object(0x55, 0x04, 0x03), text(0x0c, 'localhost'))))
  const names = sequence(text(0x82, 'localhost'), der(0x87, Uint8Array.of(127, 0, 0, 1)))
  const extensions = sequence(
    sequence(object(0x55, 0x1d, 0x11), der(0x04, names)), // subjectAltName
    sequence(object(0x55, 0x1d, 0x13), TRUE, der(0x04, sequence(TRUE))), // basicConstraints: it signs itself
  )
  const content = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))), // version 3
    der(0x02, Uint8Array.of(1)), // serial number
    ECDSA_WITH_SHA256,
    name,
    sequence(text(0x17, '200101000000Z'), text(0x17, '491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = der(0x03, Uint8Array.of(0), sign('sha256', content, privateKey))
  const base64 = sequence(content, ECDSA_WITH_SHA256, signature).toString('base64')
  const lines = base64.match(/.{1,64}/g)?.join('\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}
