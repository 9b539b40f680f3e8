import { type RawBuilder, sql } from 'kysely'
import { type Audience, streamName } from './wake.ts'

/** A stream renews its row at most once in this time. The hourly job takes it for lost after a far longer one. */
const RENEWED_MILLISECONDS = 60 * 60 * 1000

/**
 * Records that the stream has listeners, in the batch that reads the log: that reads the events of earlier batches, and
 * later batches see this row.
 */
export function keepListening(audience: Audience, now: number): RawBuilder<never> {
  return sql`
    INSERT INTO listening_streams (name, at) VALUES (${streamName(audience)}, ${now})
    ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE excluded.at > at + ${RENEWED_MILLISECONDS}`
}

export function endListening(audience: Audience): RawBuilder<never> {
  return sql`DELETE FROM listening_streams WHERE name = ${streamName(audience)}`
}

/** SQL for the names of these streams that have listeners, as a JSON array; in the batch that writes the event. */
export function selectListening(audiences: readonly Audience[]): RawBuilder<string> {
  const names = sql.join(audiences.map(streamName))
  return sql`(SELECT json_group_array(name) FROM listening_streams WHERE name IN (${names}))`
}

/** Those of the audiences whose streams have listeners. */
export function listeningAmong(audiences: readonly Audience[], listening: string): Audience[] {
  const names = new Set(JSON.parse(listening) as string[])
  return audiences.filter((audience) => names.has(streamName(audience)))
}
