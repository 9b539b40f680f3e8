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
  /** Id of the last event there was when it connected: up to it events are replayed, later ones are live. */
  replay_end?: number
  /** Asked for `now`, and is to be told which event that is. */
  wantsPosition?: boolean
  sent_bytes?: number
  /** How many messages of an unknown type it sent. */
  unknown_messages?: number
}

/** Whether what it is sent next happened before it connected. */
export function isReplaying({ cursor, replay_end = Infinity }: ListenerState): boolean {
  return cursor !== undefined && cursor < replay_end
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

/** As it is sent, to however many listeners. */
export interface Message {
  id: number
  type: string
  json: string
  bytes: number
}

export function toMessage(content: Position | OrderStreamMessage): Message {
  const json = JSON.stringify(content)
  return { id: content.id, type: content.type, json, bytes: new TextEncoder().encode(json).length }
}

/** A client that is told of orders, over a WebSocket or Server-Sent Events. */
export interface Listener {
  state: ListenerState
  readonly isOpen: boolean
  /** Takes more just now. */
  readonly isReady: boolean
  send(message: Message): void
  close(reason: CloseReason): void
}
