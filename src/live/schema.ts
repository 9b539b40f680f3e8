import * as z from 'zod'
import { integer, unlessMissing } from '../http/fields.ts'

/** From the Worker to the object: who listens, as JSON. No client gets near it. */
export const LISTENING_HEADER = 'Kiosk-Listening'

export const EventsQuery = z.object({
  since: z
    .union([z.literal('now'), integer(0, Number.MAX_SAFE_INTEGER)], {
      error: unlessMissing('Must be the id of an event, or now.'),
    })
    .optional()
    .meta({
      description:
        'Id of the last event you have: all later ones come first. Default: from now on; `now` says first where that is.',
    }),
})

/** What a client sends over its socket. Other types are ignored: they may come to mean something. */
export const ClientMessage = z
  .string()
  .transform(parsed)
  .pipe(z.object({ type: z.string(), access: z.string().default('') }))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
