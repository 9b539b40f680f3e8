import { Buffer } from 'node:buffer'
import type { OrderEventHead } from '../orders/events.ts'

/** State of a listener, kept with its socket while the object hibernates. */
export interface ListenerState {
  user_id: number
  session_id: number
  /** Listens to all orders, and must be staff. */
  staff: boolean
  /** When the access token expires: milliseconds since 1970. */
  expires_at: number
  connected_at: number
  /** Id of the last event that was sent; undefined until the start position is known. */
  cursor?: number | undefined
  /** Id of the newest event at connection time. Events up to it are replays; later ones are live. */
  replay_end?: number
  /** Connected with `since=now` and must be sent its start position. */
  wantsPosition?: boolean
  sent_bytes?: number
  /** How many messages of an unknown type it sent. */
  unknown_messages?: number
}

/** True if its next event is a replay. */
export function isReplaying({
  cursor,
  replay_end = Infinity,
}: Pick<ListenerState, 'cursor' | 'replay_end'>): boolean {
  return cursor !== undefined && cursor < replay_end
}

/** Why a connection is closed, with the code of a WebSocket, as in src/client/sse-transport.ts: part of the contract. */
export const CLOSE_CODES = {
  token_invalid: 4401,
  token_expired: 4401,
  token_revoked: 4401,
  not_staff: 4403,
  /** There are too many connections of the customer, or of all staff, and this was the oldest. */
  replaced: 4409,
  /**
   * Too much was sent on this connection, in either direction, or the log could not be read at its start; the client
   * should reconnect with its position.
   */
  reconnect: 1013,
} as const

export type CloseReason = keyof typeof CLOSE_CODES

/** The first message with `since=now`: all events after this id follow, and those up to it do not. */
export interface Position {
  id: number
  type: 'listening'
}

/** A message, serialized once for all listeners. */
export interface Message {
  id: number
  type: string
  json: string
  bytes: number
  /** Its order has moved to another account: it is not sent. */
  moved?: boolean
}

/** The message of an event takes its order as JSON, made once for all its events: it may have a hundred lines. */
export function toMessage(content: Position | OrderEventHead, order?: string): Message {
  const own = JSON.stringify(content)
  const json = order === undefined ? own : `${own.slice(0, -1)},"order":${order}}`
  return { id: content.id, type: content.type, json, bytes: Buffer.byteLength(json) }
}

/** A client that receives order events, over a WebSocket or Server-Sent Events. */
export interface Listener {
  state: ListenerState
  readonly isOpen: boolean
  /** False while its buffer is full. */
  readonly isReady: boolean
  send(message: Message): void
  close(reason: CloseReason): void
}
