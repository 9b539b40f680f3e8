import type { OrderStreamMessage } from './api.ts'

/** An event; `listening`, the position where new events begin; or a type that this version does not know. */
export type LineMessage = OrderStreamMessage | { type: string; id: number }

/** Why a line ended: code and reason of a WebSocket. */
export interface LineEnd {
  code: number
  reason: string
  /** How long the shop asks to wait before the next line. */
  seconds?: number | undefined
}

export interface LineOptions {
  /** Over HTTP, with its query. */
  url: string
  access: string
  onOpen: () => void
  onMessage: (message: LineMessage) => void
  /** Called at most once, and never after `close`. */
  onEnd: (end: LineEnd) => void
}

/** One connection of a stream of orders. */
export interface Line {
  /** Passes on a new token of the same account; false if that takes a new line. */
  renew(access: string): boolean
  close(): void
}
