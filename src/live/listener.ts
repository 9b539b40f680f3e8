import type { Beginning, StreamMessage } from './docs.ts'

/** What is known of who listens. It stays with a socket while the object is out of memory. */
export interface Listening {
  user_id: number
  login_id: number
  /** Hears of everybody's orders, and must be staff. */
  staff: boolean
  /** When the access token runs out: milliseconds since 1970. */
  expires_at: number
  connected_at: number
  /** The newest event that was sent; undefined until it is known where "from now on" begins. */
  seen?: number | undefined
  /** Asked for `now`, and is to be told which event that is. */
  asksWhere?: boolean
}

/** Why a connection ends. The close codes are part of the contract; a client waits before it comes back. */
export const ENDS = {
  token_invalid: 4401,
  token_expired: 4401,
  token_revoked: 4401,
  not_staff: 4403,
  /** There are too many of this customer, and this was the oldest. */
  replaced: 4409,
  /** So much was sent, either way, that the client should say how far it came, by connecting again. */
  reconnect: 1013,
} as const

export type End = keyof typeof ENDS

/** Someone who is told of orders, over a WebSocket or Server-Sent Events. */
export interface Listener {
  listening: Listening
  /** Takes more just now. */
  readonly isReady: boolean
  /** The same connection. */
  is(other: Listener): boolean
  send(message: Beginning | StreamMessage): void
  end(why: End): void
}
