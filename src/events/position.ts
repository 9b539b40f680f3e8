import { type RawBuilder, sql } from 'kysely'

/**
 * Positions of durable readers in the log, by the reader's name. A reader moves its position in the batch in which it
 * records what it has read.
 */

/** SQL for the id of the last event that this reader has read. */
export function positionOf(reader: string): RawBuilder<number> {
  return sql`(SELECT position FROM event_readers WHERE name = ${reader})`
}

/** Lets a new reader begin after the event with this id; a known one goes on where it is. */
export function beginAfter(reader: string, id: RawBuilder<number>) {
  return sql<never>`
    INSERT INTO event_readers (name, position) SELECT ${reader}, ${id} WHERE true ON CONFLICT DO NOTHING`
}

/** Moves the reader to the last of these events, SQL for rows with an `id`; returns its position if it has moved. */
export function moveToEndOf(reader: string, page: RawBuilder<unknown>) {
  return sql<{ position: number }>`
    UPDATE event_readers SET position = (SELECT max(id) FROM (${page}))
    WHERE name = ${reader} AND EXISTS (${page}) RETURNING position`
}
