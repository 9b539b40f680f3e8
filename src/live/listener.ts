import type { OrderStreamMessage } from '../orders/openapi.ts'

/** What is known of a listener. It stays with a socket while the object hibernates. */
export interface ListenerState {
  user_id: number
  session_id: number
  /** Listens to everybody's orders, and must be staff. */
  staff: boolean
  /** When the access token expires: milliseconds since 1970. */
  expires_at: number
  connected_at: number
  /** Id of the last event that was sent; undefined until it is known where "from now on" begins. */
  cursor?: number | undefined
  /** Asked for `now`, and is to be told which event that is. */
  wantsPosition?: boolean
  /** How many messages of an unknown type it sent. */
  unknown_messages?: number
}

/** Why a connection is closed, with the code of a WebSocket. The codes are part of the contract. */
export const CLOSE_CODES = {
  token_invalid: 4401,
  token_expired: 4401,
  token_revoked: 4401,
  not_staff: 4403,
  /** The customer has too many connections, and this was the oldest. */
  replaced: 4409,
  /** So much was sent, either way, that the client should say how far it came, by connecting again. */
  reconnect: 1013,
} as const

export type CloseReason = keyof typeof CLOSE_CODES

/** The first message with `since=now`: all events after this id follow, and those up to it do not. */
export interface Position {
  id: number
  type: 'listening'
}

/** A client that is told of orders, over a WebSocket or Server-Sent Events. */
export interface Listener {
  state: ListenerState
  /** Takes more just now. */
  readonly isReady: boolean
  /** The same connection. */
  is(other: Listener): boolean
  send(message: Position | OrderStreamMessage): void
  close(reason: CloseReason): void
}
