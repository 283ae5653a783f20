// The stash: a few places for payloads that stopped in the middle when their chunk ended, shared by all connections of a
// thread. Most wait for one more chunk only, and a buffer of their own would cost more than all else. Knows bytes only.

/** Of a place, in bytes. */
export const PLACE_SIZE = 4096
const PLACES = 16

/** Who has a place. Where none is free, one must leave, in turn, and takes its bytes along. */
export interface Tenant {
  leave(): void
}

const tenants: (Tenant | undefined)[] = []
/** Places without a tenant: the one that was left last comes first, as it is most likely in the cache. */
const free: number[] = []
/** The place that is left next, where none is free. */
let next = 0
let memory = new ArrayBuffer(0)
let places: readonly Uint8Array[] = []

/** Gives a place to `tenant`. What is in it is somebody's payload: never to be handed out. */
export function enter(tenant: Tenant): number {
  if (places.length === 0) {
    memory = new ArrayBuffer(PLACES * PLACE_SIZE)
    places = Array.from({ length: PLACES }, (_, i) => new Uint8Array(memory, i * PLACE_SIZE, PLACE_SIZE))
    for (let i = PLACES - 1; i >= 0; i--) free.push(i)
  }
  if (free.length === 0) {
    tenants[next]?.leave()
    next = (next + 1) % PLACES
  }
  const place = free.pop() as number
  tenants[place] = tenant
  return place
}

/** All bytes of a place. */
export function bytesAt(place: number): Uint8Array {
  return places[place]
}

/** The first `size` bytes of a place, to be copied from. */
export function contentAt(place: number, size: number): Uint8Array {
  return new Uint8Array(memory, place * PLACE_SIZE, size)
}

/** Gives a place back. */
export function vacate(place: number): void {
  tenants[place] = undefined
  free.push(place)
}
