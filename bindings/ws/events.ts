// The web's way to listen: addEventListener, on… properties, and event objects, over an EventEmitter.
// Knows nothing of WebSockets but which events there are and what their objects say.

import type { EventEmitter } from 'node:events'

/** An event as listeners of addEventListener get it. */
export class Event {
  readonly #type: string
  readonly #target: unknown

  constructor(type: string, target: unknown = null) {
    this.#type = type
    this.#target = target
  }

  get type(): string {
    return this.#type
  }

  get target(): unknown {
    return this.#target
  }
}

/** The end of a connection. */
export class CloseEvent extends Event {
  readonly #code: number
  readonly #reason: string
  readonly #wasClean: boolean

  constructor(target: unknown, code: number, reason: string, wasClean: boolean) {
    super('close', target)
    this.#code = code
    this.#reason = reason
    this.#wasClean = wasClean
  }

  get code(): number {
    return this.#code
  }

  get reason(): string {
    return this.#reason
  }

  get wasClean(): boolean {
    return this.#wasClean
  }
}

/** A failure. */
export class ErrorEvent extends Event {
  readonly #error: unknown
  readonly #message: string

  constructor(target: unknown, error: unknown, message: string) {
    super('error', target)
    this.#error = error
    this.#message = message
  }

  get error(): unknown {
    return this.#error
  }

  get message(): string {
    return this.#message
  }
}

/** A message. */
export class MessageEvent extends Event {
  readonly #data: unknown

  constructor(target: unknown, data: unknown) {
    super('message', target)
    this.#data = data
  }

  get data(): unknown {
    return this.#data
  }
}

/** Makes properties of a class visible to loops over them, as those of the web's objects are. */
export function enumerable(prototype: object, ...names: readonly string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true })
}

enumerable(Event.prototype, 'type', 'target')
enumerable(CloseEvent.prototype, 'code', 'reason', 'wasClean')
enumerable(ErrorEvent.prototype, 'error', 'message')
enumerable(MessageEvent.prototype, 'data')

/** Where a WebSocket says whether both close frames were exchanged; no name that a program could have for something else. */
export const WAS_CLEAN = Symbol('wasClean')

/** What these need of the object whose events they are. */
export interface Target extends EventEmitter {
  readonly [WAS_CLEAN]: boolean
}

type Handler = ((event: Event) => void) | { handleEvent(event: Event): void }

/** A listener of the EventEmitter that was made for a handler. */
interface Listener {
  (...args: unknown[]): void
  handler: Handler
  /** Whether it is that of an on… property. */
  isProperty: boolean
}

/** Makes an event of the arguments of the EventEmitter's. */
const EVENTS: Readonly<Record<string, (target: Target, args: readonly unknown[]) => Event>> = {
  open: (target) => new Event('open', target),
  message: (target, [data, isBinary]) => new MessageEvent(target, isBinary ? data : String(data)),
  close: (target, [code, reason]) => new CloseEvent(target, code as number, String(reason), target[WAS_CLEAN]),
  error: (target, [error]) => new ErrorEvent(target, error, (error as Error).message),
}

function isListener(listener: unknown): listener is Listener {
  return (listener as Listener).handler !== undefined
}

function listen(target: Target, type: string, handler: Handler, isProperty: boolean, once: boolean): void {
  const make = EVENTS[type]
  if (make === undefined) return
  const listener = (...args: unknown[]) => {
    const event = make(target, args)
    if (typeof handler === 'object' && handler.handleEvent) handler.handleEvent.call(handler, event)
    else (handler as (event: Event) => void).call(target, event)
  }
  const marked = Object.assign(listener, { handler, isProperty }) as Listener
  if (once) target.once(type, marked)
  else target.on(type, marked)
}

/** Adds a handler, unless it is there already. Other types than the web's are ignored, as ws does. */
export function addEventListener(
  target: Target,
  type: string,
  handler: unknown,
  options?: { once?: boolean | undefined },
): void {
  if (handler === null || handler === undefined) return
  for (const listener of target.rawListeners(type)) {
    const own = unwrap(listener)
    if (isListener(own) && own.handler === handler && !own.isProperty) return
  }
  listen(target, type, handler as Handler, false, Boolean(options?.once))
}

export function removeEventListener(target: Target, type: string, handler: unknown): void {
  for (const listener of target.rawListeners(type)) {
    const own = unwrap(listener)
    if (!isListener(own) || own.handler !== handler || own.isProperty) continue
    target.removeListener(type, own)
    return
  }
}

/** The handler of an on… property; null where there is none. */
function getHandler(target: Target, type: string): unknown {
  for (const listener of target.listeners(type)) {
    if (isListener(listener) && listener.isProperty) return listener.handler
  }
  return null
}

/** Puts a handler in the place of the one before it; anything that is no function just removes it. */
function setHandler(target: Target, type: string, handler: unknown): void {
  for (const listener of target.listeners(type)) {
    if (!isListener(listener) || !listener.isProperty) continue
    target.removeListener(type, listener as (...args: unknown[]) => void)
    break
  }
  if (typeof handler === 'function') listen(target, type, handler as (event: Event) => void, true, false)
}

/** What `once` was given, as rawListeners has its wrapper. */
function unwrap(listener: unknown): (...args: unknown[]) => void {
  return (listener as { listener?: never }).listener ?? (listener as never)
}

/** Gives a class the on… properties. */
export function addHandlers(prototype: object): void {
  for (const type of Object.keys(EVENTS)) {
    Object.defineProperty(prototype, `on${type}`, {
      enumerable: true,
      configurable: true,
      get(this: Target) {
        return getHandler(this, type)
      },
      set(this: Target, handler: unknown) {
        setHandler(this, type, handler)
      },
    })
  }
}
