import type { OrderStreamMessage } from './api.ts'

/**
 * An event; or `listening`, sent only with `since=now`, whose id is the last one before new events begin; or a message of
 * a type unknown to this version.
 */
export type TransportMessage = OrderStreamMessage | { type: string; id: number }

/** Why a transport ended: code and reason of a WebSocket. */
export interface TransportEnd {
  code: number
  reason: string
  /** How long the shop asks to wait before the next connection. */
  seconds?: number | undefined
}

export interface TransportOptions {
  /** Over HTTP, with its query. */
  url: string
  access: string
  onOpen: () => void
  onMessage: (message: TransportMessage) => void
  /** Called at most once, and never after `close`. */
  onEnd: (end: TransportEnd) => void
}

/** One connection of a stream of orders. */
export interface Transport {
  /** Passes on a new token of the same account; false if that takes a new connection. */
  renew(access: string): boolean
  close(): void
}
